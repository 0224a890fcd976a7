// Packed sequences: a batch of sequences of several lengths without the padding.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::nn {

/// What all sequences have at time 0, then what those that are longer have at time 1, and so on; the longest
/// sequence comes first at each time. What acts on each row alone may be applied to `data` in place. Made by
/// pack_padded_sequence(). torch.nn.utils.rnn.PackedSequence.
template <Real T>
struct BasicPackedSequence {
  BasicTensor<T> data;               // (rows, ...)
  std::vector<index_t> batch_sizes;  // of each time: how many sequences reach it
  Indices sorted_indices;            // (B,) the places in the batch, longest sequence first
  Indices unsorted_indices;          // (B,) the way back: where each place of the batch is among the sorted
};

/// The first lengths[b] steps of each sequence b, packed: x (B, T, ...), lengths (B,) in any order. What is
/// behind the end of a sequence is not read and gets zero gradients. Throws ShapeError for other shapes,
/// ValueError for a length outside [1, T]. torch.nn.utils.rnn.pack_padded_sequence with batch_first and
/// without enforce_sorted.
template <Real T>
BasicPackedSequence<T> pack_padded_sequence(const BasicTensor<T>& x, const Indices& lengths,
                                            Here at = Here::now());

struct PadPackedOptions {
  double padding_value = 0;                  ///< what stands behind the end of a sequence
  std::optional<index_t> total_length = {};  ///< T; the longest length where not given
};

/// The way back: the sequences in their places of the batch, padded, and their lengths: (B, T, ...), (B,).
/// Throws ValueError where total_length is below the longest length. torch.nn.utils.rnn.pad_packed_sequence
/// with batch_first.
template <Real T>
std::pair<BasicTensor<T>, Indices> pad_packed_sequence(const BasicPackedSequence<T>& packed,
                                                       const PadPackedOptions& options = {},
                                                       Here at = Here::now());

using PackedSequence = BasicPackedSequence<float>;

}  // namespace xtape::nn
