// The engines of kernels::gemm: products of one shape at offsets from common pointers. Each cuts its work by
// shape alone.
#pragma once

#include <span>

#include <xtape/ops/kernels/bf16.hpp>
#include <xtape/ops/kernels/blas.hpp>

namespace xtape::kernels {

using Offsets = std::span<const index_t>;

template <Real T, class In>
Product<T, In> at_offsets(Product<T, In> x, index_t c, index_t a, index_t b) {
  x.c += c, x.a += a, x.b += b;
  return x;
}

/// Always there.
template <Real T>
void blas_products(const Product<T>& first, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets);

/// True where oneDNN is there and the faster one: a function of shape and precision, as measured on Zen 4.
bool suits_onednn(const GemmShape& shape);

/// Where has_onednn(), for alpha = 1; the only engine that adds a row.
template <class In>
void onednn_products(const Product<float, In>& first, Offsets c_offsets, Offsets a_offsets,
                     Offsets b_offsets);

/// Operands are rounded to bf16 and multiplied by oneDNN; where it cannot, as floats by BLAS.
void bf16_products(const Product<float>& first, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets);

}  // namespace xtape::kernels
