// The character tokenizer.
#include <xtape/nn/text/char_tokenizer.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/text/utf8_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::nn {

namespace {

/// Calls f(character, position in characters) for each character of a text.
template <class F>
void for_each_character(std::string_view text, Here at, F f) {
  index_t i = 0;
  for (std::size_t position = 0; position < text.size(); ++i) {
    const char32_t character = utf8::next(text, position);
    if (character == utf8::invalid)
      raise<ValueError>(
          fmt::format("CharTokenizer: the text is not UTF-8 at byte {}, 0x{:02x}; convert it first", position,
                      static_cast<unsigned char>(text[position])),
          at);
    f(character, i);
  }
}

}  // namespace

CharTokenizer::CharTokenizer(std::string_view text, Here at) {
  std::vector<bool> seen(0x110000);
  for_each_character(text, at, [&](char32_t character, index_t) { seen[character] = true; });
  for (char32_t character = 0; character < seen.size(); ++character)
    if (seen[character]) characters_.push_back(character);
}

std::string CharTokenizer::vocabulary() const {
  std::string text;
  for (const char32_t character : characters_) utf8::append(text, character);
  return text;
}

Indices CharTokenizer::encode(std::string_view text, Here at) const {
  auto ids = uninitialized<std::int64_t>({static_cast<index_t>(utf8::length(text))});
  std::int64_t* out = ids.data();
  for_each_character(text, at, [&](char32_t character, index_t i) {
    const auto found = std::lower_bound(characters_.begin(), characters_.end(), character);
    if (found == characters_.end() || *found != character)
      raise<ValueError>(
          fmt::format("CharTokenizer: the character {} at position {} is not among the {} of the "
                      "vocabulary",
                      utf8::describe(character), i, vocab_size()),
          at);
    out[i] = found - characters_.begin();
  });
  return ids;
}

std::string CharTokenizer::decode(const Indices& ids, Here at) const {
  check_indices("CharTokenizer", ids.data(), ids.size(), vocab_size(), at);
  std::string text;
  for (index_t i = 0; i < ids.size(); ++i)
    utf8::append(text, characters_[static_cast<std::size_t>(ids.data()[i])]);
  return text;
}

std::string CharTokenizer::decode(std::int64_t id, Here at) const { return decode(Indices{id}, at); }

}  // namespace xtape::nn
