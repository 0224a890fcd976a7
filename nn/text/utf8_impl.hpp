// UTF-8: one code point at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xtape::nn::utf8 {

/// What next() returns where the bytes are not UTF-8.
inline constexpr char32_t invalid = 0xffffffff;

/// The code point that starts at `position`, which moves past it; invalid for overlong forms, surrogates,
/// what lies beyond U+10FFFF and cut-off ends, and then `position` stays.
char32_t next(std::string_view text, std::size_t& position);

/// How many bytes at the end begin a character whose other bytes are not there.
std::size_t unfinished(std::string_view text);

/// Appends a code point.
void append(std::string& text, char32_t character);

/// The number of code points; every byte that is not a continuation starts one.
std::size_t length(std::string_view text);

/// How messages show a character: 'e' (U+0065), or U+000A alone for control characters.
std::string describe(char32_t character);

}  // namespace xtape::nn::utf8
