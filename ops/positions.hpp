// Positions for attention: rotary embeddings of queries and keys, and sinusoidal ones to add to a sequence.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct RotaryOptions {
  double base = 10000;       ///< of the wavelengths; some models take 500000 and more
  index_t offset = 0;        ///< the position of the first row: how many came before, as in a cache
  bool interleaved = false;  ///< pairs are channels 2i and 2i + 1 (RoFormer, GPT-J) instead of i and D/2 + i
                             ///< (GPT-NeoX and Llama as published on Hugging Face)
};

/// x (..., T, D) with pair i of the channels in row t turned by the angle (offset + t) base^(-2i / D): (x1
/// cos - x2 sin, x2 cos + x1 sin). Products of queries and keys that are both turned depend on their distance
/// only (Su et al., "RoFormer", 2021). The gradient turns back. Throws ShapeError for fewer than two axes or
/// an odd D, ValueError for a base that is not above 0.
template <Real T>
BasicTensor<T> rotary(const BasicTensor<T>& x, RotaryOptions options = {}, Here at = Here::now());

/// The constant (length, channels) with y[t, 2i] = sin(t / 10000^(2i / channels)) and y[t, 2i + 1] the cosine
/// of the same (Vaswani et al., "Attention is all you need", 2017, section 3.5). Throws ShapeError for
/// negative extents.
template <Real T = float>
BasicTensor<T> sinusoidal_positions(index_t length, index_t channels, Here at = Here::now());

}  // namespace xtape
