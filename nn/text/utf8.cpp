// UTF-8 as the Unicode standard's table 3-7 defines it.
#include <xtape/nn/text/utf8_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace xtape::nn::utf8 {

namespace {

/// The number of bytes that a sequence with this first byte has, or 0.
std::size_t length_from(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

}  // namespace

char32_t next(std::string_view text, std::size_t& position) {
  const auto first = static_cast<unsigned char>(text[position]);
  const std::size_t length = length_from(first);
  if (length == 0 || position + length > text.size()) return invalid;
  if (length == 1) {
    ++position;
    return first;
  }
  char32_t character = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[position + i])) return invalid;
    character = character << 6 | (static_cast<unsigned char>(text[position + i]) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (character < smallest[length] || character > 0x10ffff || surrogate) return invalid;
  position += length;
  return character;
}

std::size_t unfinished(std::string_view text) {
  for (std::size_t i = 1; i <= std::min<std::size_t>(3, text.size()); ++i) {
    const char byte = text[text.size() - i];
    if (is_continuation(byte)) continue;
    return length_from(static_cast<unsigned char>(byte)) > i ? i : 0;
  }
  return 0;
}

void append(std::string& text, char32_t character) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0 | character >> 6);
    put(0x80 | (character & 0x3f));
  } else if (character < 0x10000) {
    put(0xe0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  } else {
    put(0xf0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3f));
    put(0x80 | (character >> 6 & 0x3f));
    put(0x80 | (character & 0x3f));
  }
}

std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), std::not_fn(is_continuation)));
}

std::string describe(char32_t character) {
  const auto code = fmt::format("U+{:04X}", static_cast<std::uint32_t>(character));
  if (character < 0x20 || (character >= 0x7f && character < 0xa0)) return code;
  std::string shown;
  append(shown, character);
  return fmt::format("'{}' ({})", shown, code);
}

}  // namespace xtape::nn::utf8
