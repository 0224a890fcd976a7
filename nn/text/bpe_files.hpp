// Files of byte-level BPE tokenizers.
#pragma once

#include <string>
#include <vector>

#include <xtape/nn/text/bpe_tokenizer.hpp>

namespace xtape::nn {

/// Reads a Hugging Face tokenizer.json of GPT-2's kind: model BPE, pre-tokenizer ByteLevel without a space
/// put before the text, no normalizer, no template of special tokens. Nothing in the file is trusted: an
/// IoError says what is wrong where it is damaged, of another kind, or its vocabulary has gaps or cannot
/// encode every text.
BpeTokenizer load_bpe(const std::string& tokenizer_json, Here at = Here::now());

/// Reads GPT-2's two files: names with their ids, and the pairs to merge, one a line. Tokens that are no byte
/// and joined by no merge have to be named: load_bpe("vocab.json", "merges.txt", {"<|endoftext|>"}). Throws
/// IoError.
BpeTokenizer load_bpe(const std::string& vocab_json, const std::string& merges_txt,
                      const std::vector<std::string>& special_tokens = {}, Here at = Here::now());

/// Writes a tokenizer.json that load_bpe() and Hugging Face's Tokenizer.from_file() read. Throws IoError.
void save_bpe(const BpeTokenizer& tokenizer, const std::string& tokenizer_json, Here at = Here::now());

/// Writes GPT-2's two files; vocab.json holds added tokens too. Throws IoError.
void save_bpe(const BpeTokenizer& tokenizer, const std::string& vocab_json, const std::string& merges_txt,
              Here at = Here::now());

}  // namespace xtape::nn
