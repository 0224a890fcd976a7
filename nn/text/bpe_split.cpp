// GPT-2's pattern, followed by hand over the categories of utf8proc.
#include <xtape/nn/text/bpe_split_impl.hpp>

#include <xtape/nn/text/utf8_impl.hpp>

#include <utf8proc.h>

#include <array>
#include <cstdint>

namespace xtape::nn::bpe {

namespace {

enum class Kind : std::uint8_t { letter, number, space, other };

struct Character {
  Kind kind;
  std::size_t length;  // in bytes
};

/// \p{L}, \p{N}, \s or none of them.
Kind kind_of(char32_t character) {
  const bool control_space = (character >= 0x09 && character <= 0x0d) || character == 0x85;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(character))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return Kind::letter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return Kind::number;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return Kind::space;
    default: return control_space ? Kind::space : Kind::other;
  }
}

constexpr Kind ascii_kind(char character) {
  const char lower = static_cast<char>(character | 0x20);
  if (lower >= 'a' && lower <= 'z') return Kind::letter;
  if (character >= '0' && character <= '9') return Kind::number;
  return character == ' ' || (character >= '\t' && character <= '\r') ? Kind::space : Kind::other;
}

constexpr auto ascii_kinds = [] {
  std::array<Kind, 0x80> kinds{};
  for (std::size_t i = 0; i < kinds.size(); ++i) kinds[i] = ascii_kind(static_cast<char>(i));
  return kinds;
}();

Character character_at(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (byte < 0x80) return {ascii_kinds[byte], 1};
  std::size_t end = i;
  const char32_t character = utf8::next(text, end);
  if (character == utf8::invalid) return {Kind::other, 1};
  return {kind_of(character), end - i};
}

std::size_t contraction_length(std::string_view text) {
  if (text[0] != '\'') return 0;
  for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"})
    if (text.substr(1).starts_with(ending)) return 1 + ending.size();
  return 0;
}

/// Where the characters of one kind that begin at i end.
std::size_t run_end(std::string_view text, std::size_t i, Kind kind) {
  while (i < text.size()) {
    const auto [next, length] = character_at(text, i);
    if (next != kind) break;
    i += length;
  }
  return i;
}

/// Spaces leave the last of them to the word that follows, unless it is the only one.
std::size_t spaces_length(std::string_view text) {
  std::size_t last = 0, end = 0;
  while (end < text.size()) {
    const auto [kind, length] = character_at(text, end);
    if (kind != Kind::space) return last > 0 ? last : end;
    last = end;
    end += length;
  }
  return end;
}

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

}  // namespace

std::size_t piece_length(std::string_view text) {
  if (const std::size_t length = contraction_length(text)) return length;
  const std::size_t start = text[0] == ' ' && text.size() > 1 ? 1 : 0;
  const Kind kind = character_at(text, start).kind;
  return kind == Kind::space ? spaces_length(text) : run_end(text, start, kind);
}

std::size_t cut_length(std::string_view text, std::size_t length) {
  // No piece goes on from a character that is no space to a space.
  const auto is_space = [&](std::size_t i) { return character_at(text, i).kind == Kind::space; };
  for (std::size_t i = length; i > 0 && i < text.size(); ++i)
    if (is_ascii(text[i - 1]) && !is_space(i - 1) && is_space(i)) return i;
  return text.size();
}

}  // namespace xtape::nn::bpe
