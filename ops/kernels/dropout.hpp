// Dropout: random zeros by element index, so that the backward pass draws the same ones again.
#pragma once

#include <cstdint>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y[i] = x[i] / (1 - p) where number first + i of the Philox stream `seed` is at least round(p * 2^32),
/// else 0. p = 1 drops everything. The gradient is the same function of gy. y may be x.
template <Real T>
void dropout(T* y, const T* x, double p, std::uint64_t seed, std::uint64_t first, index_t n);

template <Real T>
void dropout_naive(T* y, const T* x, double p, std::uint64_t seed, std::uint64_t first, index_t n);

}  // namespace xtape::kernels
