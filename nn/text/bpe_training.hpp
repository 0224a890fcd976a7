// BPE vocabularies learned from a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <xtape/nn/text/bpe_tokenizer.hpp>

namespace xtape::nn {

/// Options of train_bpe().
struct BpeTraining {
  index_t vocab_size;                                           ///< bytes and special tokens included
  index_t min_count = 2;                                        ///< pairs that are rarer are not merged
  std::vector<std::string> special_tokens = {"<|endoftext|>"};  ///< the last ids; they cut the text
};

/// Learns a vocabulary: the pair of neighbours that is most frequent within the pieces of the text becomes a
/// token, until there are vocab_size tokens or no pair is left; of equal counts, that of the smaller ids. Ids
/// are in GPT-2's order: the 256 bytes, what was merged, special tokens. Throws ValueError where vocab_size
/// has no room for the first and the last.
BpeTokenizer train_bpe(std::string_view text, const BpeTraining& options, Here at = Here::now());

}  // namespace xtape::nn
