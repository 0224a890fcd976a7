// The byte-level BPE tokenizer of GPT-2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtape/core/array.hpp>

namespace xtape::nn {

namespace bpe {
class Tables;
}

/// The ids of two neighbours.
using TokenPair = std::pair<std::int64_t, std::int64_t>;

/// A token that is found in a text as a whole, before the text is split.
struct AddedToken {
  std::int64_t id;
  bool special = true;  ///< found only where EncodeOptions ask for it: "<|endoftext|>"
};

/// What a BpeTokenizer is made of.
struct BpeVocabulary {
  std::vector<std::string> tokens;  ///< the bytes of each id
  std::vector<TokenPair> merges;    ///< neighbours that are joined, the first of these before the others
  std::vector<AddedToken> added_tokens;
};

/// Options of BpeTokenizer::encode().
struct EncodeOptions {
  bool special_tokens = false;  ///< true: special tokens in the text become their ids; false: they are text
};

/// Byte-level BPE, as GPT-2 has it: the text is split into words with the space before them, numbers and so
/// on, and in each piece the pair of neighbours that comes first among the merges is joined, from the bytes
/// up. Every sequence of bytes can be encoded, UTF-8 or not, and decode() gives it back. Letters and numbers
/// are those of the installed utf8proc's Unicode. Copies share their tables.
class BpeTokenizer {
 public:
  /// Throws ValueError where a byte has no token, a merge joins what is no token, or a token is neither a
  /// byte, nor joined by a merge, nor added.
  explicit BpeTokenizer(BpeVocabulary vocabulary, Here at = Here::now());
  /// For the library's own loaders.
  explicit BpeTokenizer(std::shared_ptr<const bpe::Tables> tables) : tables_(std::move(tables)) {}

  /// The number of tokens, added ones included.
  index_t vocab_size() const { return static_cast<index_t>(vocabulary().tokens.size()); }
  /// The tokens and merges: BpeTokenizer(t.vocabulary()) equals t.
  const BpeVocabulary& vocabulary() const;
  /// The id of an added token, by its text. Throws ValueError where there is none.
  std::int64_t added_token(std::string_view text, Here at = Here::now()) const;

  /// The ids of a text, (T,). Where added tokens overlap, the leftmost counts, and of those the longest.
  Indices encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// The bytes of ids of any shape; those of added tokens are their text. Throws IndexError for an id outside
  /// the vocabulary.
  std::string decode(const Indices& ids, Here at = Here::now()) const;
  /// The bytes of one id: a part of a character is possible.
  std::string decode(std::int64_t id, Here at = Here::now()) const;

 private:
  std::shared_ptr<const bpe::Tables> tables_;
};

}  // namespace xtape::nn
