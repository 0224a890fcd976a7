// Pieces, counted part by part on all threads, and added up in the order of parts.
#include <xtape/nn/text/bpe_words_impl.hpp>

#include <xtape/core/parallel.hpp>
#include <xtape/nn/text/bpe_split_impl.hpp>

#include <algorithm>
#include <utility>

namespace xtape::nn::bpe {

namespace {

constexpr std::size_t parts_at_a_time = 256;  // more would keep as many counts in memory

PieceCounts count(std::string_view text) {
  PieceCounts counts;
  for_each_piece(text, [&](std::string_view piece) { ++counts[piece]; });
  return counts;
}

}  // namespace

PieceCounts count_pieces(const std::vector<Part>& parts) {
  PieceCounts sum;
  std::vector<PieceCounts> counts(std::min(parts_at_a_time, parts.size()));
  for (std::size_t first = 0; first < parts.size(); first += counts.size()) {
    const auto n = static_cast<index_t>(std::min(counts.size(), parts.size() - first));
    parallel_for(n, 1, [&](index_t begin, index_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
        counts[i] = count(parts[first + i].text);
    });
    for (auto& part : counts)
      for (const auto& [piece, times] : std::exchange(part, {})) sum[piece] += times;
  }
  return sum;
}

}  // namespace xtape::nn::bpe
