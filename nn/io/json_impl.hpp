// JSON of small files, parsed within limits.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace xtape::nn {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Parses JSON, but nothing that is nested deeper than files of models are, and no name that stands twice in
/// an object. Takes up to sixteen times the text's memory. Throws Malformed.
Json parse_json(std::string_view text);

/// The member of an object, or null where there is none.
const Json& member(const Json& object, const char* key);

/// How messages show a value.
std::string described(const Json& value);

}  // namespace xtape::nn
