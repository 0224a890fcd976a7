// Sequences of different lengths as one batch, and the mask of what is no padding.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <xtape/core/array.hpp>

namespace xtape::nn {

/// Sequences as the rows of one array, filled up at their ends.
struct PaddedSequences {
  Indices tokens;   ///< (B, T), T the longest length
  Indices lengths;  ///< (B,)
};

/// Sequences (T_b,) of tokens as one batch, `value` behind those that are shorter than the longest. Throws
/// ShapeError for one that has not one axis. torch.nn.utils.rnn.pad_sequence(batch_first=True).
PaddedSequences pad_sequences(const std::vector<Indices>& sequences, std::int64_t value = 0,
                              Here at = Here::now());

/// True at the first lengths[b] of the T places in row b, false where padding is: lengths (B,) -> (B, T), T
/// the longest length where not given. What attention's .key_keep takes. Throws ValueError for a length that
/// is not in [0, T].
Mask keep_mask(const Indices& lengths, std::optional<index_t> T = {}, Here at = Here::now());

}  // namespace xtape::nn
