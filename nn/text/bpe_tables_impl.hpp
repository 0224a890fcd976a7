// What a BPE tokenizer looks up.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <xtape/nn/text/bpe_added_impl.hpp>
#include <xtape/nn/text/bpe_tokenizer.hpp>

namespace xtape::nn::bpe {

using Id = std::int32_t;

/// Two neighbours as one key.
constexpr std::uint64_t pair_key(Id left, Id right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

/// What two neighbours become, and how early: ranks count from 0.
struct Merge {
  Id rank;
  Id joined;
};

class Tables {
 public:
  /// Throws Malformed where the vocabulary cannot encode every text, or has what no text becomes.
  explicit Tables(BpeVocabulary vocabulary);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  const BpeVocabulary& vocabulary() const { return vocabulary_; }
  const AddedTokens& added() const { return added_; }
  /// The bytes of an id.
  const std::string& bytes(std::int64_t id) const { return vocabulary_.tokens[static_cast<std::size_t>(id)]; }
  Id byte_id(char byte) const { return byte_ids_[static_cast<unsigned char>(byte)]; }
  /// What two neighbours become, or null.
  const Merge* find_merge(Id left, Id right) const {
    const auto found = merges_.find(pair_key(left, right));
    return found == merges_.end() ? nullptr : &found->second;
  }
  /// The id of a piece that becomes one token, or -1.
  Id find_whole(std::string_view piece) const {
    const auto found = whole_.find(piece);
    return found == whole_.end() ? -1 : found->second;
  }

 private:
  void index_tokens();
  void find_bytes();
  void find_merges();
  void check_reachable() const;
  void keep_whole();

  BpeVocabulary vocabulary_;
  AddedTokens added_;
  std::array<Id, 256> byte_ids_{};
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::unordered_map<std::string_view, Id> whole_;  // views of vocabulary_'s tokens
};

}  // namespace xtape::nn::bpe
