// Files of tokenizers of any kind.
#pragma once

#include <string>
#include <string_view>

#include <xtape/nn/text/tokenizer.hpp>

namespace xtape::nn {

/// Reads the tokenizer at a path: a tokenizer.json, or a folder that holds one, or GPT-2's vocab.json and
/// merges.txt. Nothing in the files is trusted: an IoError says what is wrong with them.
Tokenizer load_tokenizer(const std::string& path, Here at = Here::now());

/// Writes a tokenizer.json: Hugging Face's for a BpeTokenizer, for characters
/// {"model": {"type": "Characters", "characters": " !abc"}}. Throws IoError.
void save_tokenizer(const Tokenizer& tokenizer, const std::string& tokenizer_json, Here at = Here::now());

/// The text of such a file, for the metadata of a model's file. Throws IoError where a special token is not
/// UTF-8.
std::string tokenizer_to_json(const Tokenizer& tokenizer, Here at = Here::now());
/// Reads it back. Throws IoError.
Tokenizer tokenizer_from_json(std::string_view json, Here at = Here::now());

}  // namespace xtape::nn
