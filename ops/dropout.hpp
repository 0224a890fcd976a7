// Dropout.
#pragma once

#include <xtape/core/random.hpp>

namespace xtape {

/// Each element is 0 with probability p and else x / (1 - p). p = 0 gives x itself and draws nothing; p = 1
/// gives zeros, with a gradient of zeros. No mask is kept: the gradient draws the same numbers again.
/// Throws ValueError for p outside [0, 1]. torch.nn.functional.dropout, without its flag for training.
template <Real T>
BasicTensor<T> dropout(const BasicTensor<T>& x, double p, Generator& generator = default_generator(),
                       Here at = Here::now());

}  // namespace xtape
