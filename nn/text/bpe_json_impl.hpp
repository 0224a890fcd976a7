// Names of tokens in the JSON of tokenizer files.
#pragma once

#include <string_view>

#include <xtape/nn/io/json_impl.hpp>
#include <xtape/nn/text/bpe_formats_impl.hpp>

namespace xtape::nn::bpe {

/// The id that a file gives to a name. Throws Malformed.
std::int64_t parse_id(std::string_view name, const Json& id);

/// The names of a vocabulary, a JSON object, with their ids. Throws Malformed.
Names parse_names(const Json& vocab);

/// Ids of "left right". Throws Malformed; `where` says which merge it is.
TokenPair parse_merge(std::string_view text, const Names& names, std::string_view where);

/// The vocabulary as an object in the order of ids. Throws Malformed where two tokens have one name.
OrderedJson print_names(const BpeVocabulary& vocabulary);

/// JSON as text. Throws Malformed where a name in it is not UTF-8.
std::string print(const OrderedJson& json, int indent = -1);

/// "left right" of each merge. Throws Malformed for an added token that has another name in the vocabulary.
std::vector<std::string> print_merges(const BpeVocabulary& vocabulary);

}  // namespace xtape::nn::bpe
