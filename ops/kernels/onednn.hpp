// Calls of oneDNN, on one thread. Where the build found none, it can do nothing.
#pragma once

#include <xtape/core/precision.hpp>
#include <xtape/ops/kernels/bf16.hpp>
#include <xtape/ops/kernels/blas.hpp>

namespace xtape::kernels {

/// True where oneDNN is there, with no threads but OpenMP's, and this processor has the instructions that
/// make it fast: AVX-512, for bf16 with BF16.
bool has_onednn(Precision precision);

/// Computes the product, whose alpha is 1, with its row, by one call of oneDNN on this thread, sums in float.
/// Where has_onednn(). Throws std::bad_alloc or an Error that says what oneDNN could not do.
template <class In>
void onednn(const Product<float, In>& x);

}  // namespace xtape::kernels
