// Dropout: random zeros by element index, so that the backward pass draws the same ones again.
#pragma once

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/dropout_mask.hpp>

namespace xtape::kernels {

/// y[i] = x[i] / (1 - p) where the mask keeps element i, else 0, for all of its elements. The gradient is the
/// same function of gy. y may be x.
template <Real T>
void dropout(T* y, const T* x, const DropoutMask& mask);

template <Real T>
void dropout_naive(T* y, const T* x, const DropoutMask& mask);

}  // namespace xtape::kernels
