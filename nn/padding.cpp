// Padding.
#include <xtape/nn/padding.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::nn {

namespace {

index_t longest(const Indices& lengths) {
  const std::int64_t* end = lengths.data() + lengths.size();
  return lengths.size() == 0 ? 0 : std::max<index_t>(0, *std::max_element(lengths.data(), end));
}

Indices lengths_of(const std::vector<Indices>& sequences, Here at) {
  auto y = uninitialized<std::int64_t>({static_cast<index_t>(sequences.size())});
  for (std::size_t b = 0; b < sequences.size(); ++b) {
    check_rank("pad_sequences", fmt::format("sequence {}", b), sequences[b].shape(), 1, at);
    y.data()[b] = sequences[b].size();
  }
  return y;
}

}  // namespace

PaddedSequences pad_sequences(const std::vector<Indices>& sequences, std::int64_t value, Here at) {
  const Indices lengths = lengths_of(sequences, at);
  const index_t B = lengths.size(), T = longest(lengths);
  auto tokens = uninitialized<std::int64_t>({B, T});
  std::int64_t* row = tokens.data();
  for (const Indices& sequence : sequences) {
    std::int64_t* end = std::copy_n(sequence.data(), sequence.size(), row);
    std::fill(end, row + T, value);
    row += T;
  }
  return {tokens, lengths};
}

Mask keep_mask(const Indices& lengths, std::optional<index_t> columns, Here at) {
  check_rank("keep_mask", "lengths", lengths.shape(), 1, at);
  const index_t B = lengths.size(), T = columns.value_or(longest(lengths));
  auto y = uninitialized<bool>({B, T}, at);
  for (index_t b = 0; b < B; ++b) {
    const std::int64_t length = lengths.data()[b];
    if (length < 0 || length > T)
      raise<ValueError>(fmt::format("keep_mask: lengths[{}] = {} is not between 0 and T = {}", b, length, T),
                        at);
    for (index_t t = 0; t < T; ++t) y.data()[b * T + t] = t < length;
  }
  return y;
}

}  // namespace xtape::nn
