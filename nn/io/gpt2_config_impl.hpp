// The config.json of a published GPT-2.
#pragma once

#include <string>
#include <string_view>

#include <xtape/nn/gpt.hpp>

namespace xtape::nn {

/// The configuration that the JSON describes. Throws Malformed where sizes are missing, or where it asks for
/// what GPT does not do.
GPTConfig parse_gpt2_config(std::string_view json);

std::string print_gpt2_config(const GPTConfig& config);

}  // namespace xtape::nn
