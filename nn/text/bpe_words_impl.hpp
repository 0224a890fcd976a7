// The different pieces of a text, counted.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <xtape/nn/text/bpe_added_impl.hpp>

namespace xtape::nn::bpe {

using PieceCounts = std::unordered_map<std::string_view, std::int64_t>;

/// How often each piece occurs in the parts of a text.
PieceCounts count_pieces(const std::vector<Part>& parts);

}  // namespace xtape::nn::bpe
