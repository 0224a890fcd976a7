// Texts of tokenizer files: what they say, checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xtape/nn/text/bpe_tokenizer.hpp>

namespace xtape::nn::bpe {

/// Ids by the names that files give to tokens.
using Names = std::unordered_map<std::string, std::int64_t>;
using Merges = std::vector<TokenPair>;

/// The id of a name. Throws Malformed, beginning with `where`, if there is none.
std::int64_t id_of(std::string_view name, const Names& names, std::string_view where);

// All of these throw Malformed.
Names parse_vocab_json(std::string_view text);
Merges parse_merges_txt(std::string_view text, const Names& names);
BpeVocabulary parse_tokenizer_json(std::string_view text);

std::string print_vocab_json(const BpeVocabulary& vocabulary);
std::string print_merges_txt(const BpeVocabulary& vocabulary);
std::string print_tokenizer_json(const BpeVocabulary& vocabulary);

/// The vocabulary of these names, whose ids have to be all from 0 on; those in `added` stand for themselves,
/// the others for bytes. Throws Malformed.
BpeVocabulary make_vocabulary(const Names& names, const std::vector<AddedToken>& added, Merges merges);

}  // namespace xtape::nn::bpe
