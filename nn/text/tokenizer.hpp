// A tokenizer of any kind, as programs hold one that is chosen while they run.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <xtape/nn/text/bpe_tokenizer.hpp>
#include <xtape/nn/text/char_tokenizer.hpp>

namespace xtape::nn {

/// What all tokenizers do, text to ids and back, without saying which it is:
///
///     const nn::Tokenizer tokenizer = use_bpe ? nn::Tokenizer(nn::train_bpe(text, {.vocab_size = 1024}))
///                                             : nn::CharTokenizer(text);
///
/// load_tokenizer() gives one of whatever kind a file holds.
class Tokenizer {
 public:
  Tokenizer(CharTokenizer tokenizer) : kind_(std::move(tokenizer)) {}
  Tokenizer(BpeTokenizer tokenizer) : kind_(std::move(tokenizer)) {}

  /// The number of tokens.
  index_t vocab_size() const;
  /// The ids of a text, (T,). Characters have no special tokens. Throws ValueError for a character that a
  /// CharTokenizer lacks; a BpeTokenizer has tokens for all bytes.
  Indices encode(std::string_view text, const EncodeOptions& options = {}, Here at = Here::now()) const;
  /// The text of ids of any shape. Throws IndexError for an id outside the vocabulary.
  std::string decode(const Indices& ids, Here at = Here::now()) const;
  /// The bytes of one id: a part of a character is possible.
  std::string decode(std::int64_t id, Here at = Here::now()) const;

  /// The tokenizer as one of its kind, or null where it is of another: tokenizer.get_if<nn::BpeTokenizer>().
  template <class Kind>
  const Kind* get_if() const {
    return std::get_if<Kind>(&kind_);
  }

 private:
  std::variant<CharTokenizer, BpeTokenizer> kind_;
};

}  // namespace xtape::nn
