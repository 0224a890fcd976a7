// Small products by our own vectors: no call, no packing, operands in place.
#pragma once

#include <xtape/ops/kernels/blas.hpp>

namespace xtape::kernels {

/// True where multiply_tile is the fastest: B as it is, at most 64^3 multiplications, and vectors so long and
/// many that a block of sums stays in registers.
template <Real T>
bool suits_tile(const GemmShape& shape);

/// Computes a product whose B is not transposed. Each element of C is summed in the order of k.
template <Real T>
void multiply_tile(const Product<T>& x);

}  // namespace xtape::kernels
