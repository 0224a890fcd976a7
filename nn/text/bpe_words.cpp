// Pieces, counted part by part on all threads.
#include <xtape/nn/text/bpe_words_impl.hpp>

#include <xtape/core/parallel.hpp>
#include <xtape/nn/text/bpe_split_impl.hpp>

namespace xtape::nn::bpe {

PieceCounts count_pieces(const std::vector<Part>& parts) {
  std::vector<PieceCounts> counts(parts.size());
  parallel_for(static_cast<index_t>(parts.size()), 1, [&](index_t begin, index_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      for_each_piece(parts[i].text, [&](std::string_view piece) { ++counts[i][piece]; });
  });
  PieceCounts sum;
  for (auto& part : counts) {
    for (const auto& [piece, count] : part) sum[piece] += count;
    part = {};
  }
  return sum;
}

}  // namespace xtape::nn::bpe
