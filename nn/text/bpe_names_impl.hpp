// How files name tokens: every byte has a character of its own that can be printed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xtape::nn::bpe {

/// The bytes in GPT-2's order, which is that of their characters' code points: a byte that is printable in
/// Latin-1 is its own character, the other 68 take U+0100 and what follows.
const std::string& bytes_in_order();

/// The name of a token, as UTF-8: " the" is "\u0120the".
std::string name_of(std::string_view bytes);

/// The bytes that a name stands for, or none where a character of it stands for no byte.
std::optional<std::string> bytes_named(std::string_view name);

}  // namespace xtape::nn::bpe
