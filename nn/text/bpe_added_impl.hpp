// Added tokens, and the parts of a text between them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <xtape/nn/text/bpe_tokenizer.hpp>

namespace xtape::nn::bpe {

/// A part of a text without added tokens in it, and the id of the one that follows it, or -1.
struct Part {
  std::string_view text;
  std::int64_t added;
};

class AddedTokens {
 public:
  /// Throws Malformed for an id that no token has, and for one text or id that stands twice.
  explicit AddedTokens(const BpeVocabulary& vocabulary);

  bool contains(std::int64_t id) const { return ids_.contains(id); }
  /// Cuts a text at added tokens, special ones only where they are asked for, and what is longer than `block`
  /// bytes where its pieces end too.
  std::vector<Part> cut(std::string_view text, bool special, std::size_t block) const;

 private:
  struct Entry {
    std::string_view text;  // a token of the vocabulary
    std::int64_t id;
    bool special;
  };
  /// id -1: there is none, and `begin` is the end of the text.
  struct Found {
    std::size_t begin;
    std::size_t length;
    std::int64_t id;
  };

  Found find(std::string_view text, std::size_t from, bool special) const;

  std::array<std::vector<Entry>, 256> by_first_byte_;  // the longest first
  std::unordered_set<std::int64_t> ids_;
};

}  // namespace xtape::nn::bpe
