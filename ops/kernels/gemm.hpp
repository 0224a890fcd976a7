// Matrix products: the one door to BLAS.
#pragma once

#include <span>

#include <xtape/core/index.hpp>
#include <xtape/core/precision.hpp>

namespace xtape::kernels {

/// C (m, n), op(A) (m, k), op(B) (k, n), each with contiguous rows `ld*` elements apart. op transposes where
/// its flag is set: A is then stored (k, m), B (n, k).
struct GemmShape {
  index_t m, n, k;
  index_t lda, ldb, ldc;
  bool transpose_a = false, transpose_b = false;
  Precision precision = Precision::full;  ///< of floats; doubles are always multiplied as they are
};

/// The shape whose matrices have no gaps between rows.
constexpr GemmShape gemm_shape(index_t m, index_t n, index_t k, bool transpose_a = false,
                               bool transpose_b = false) {
  return {m, n, k, transpose_a ? m : k, transpose_b ? k : n, n, transpose_a, transpose_b, Precision::full};
}

/// C = alpha * op(A) op(B) + beta * C. With beta 0, C may hold anything before, NaN included; with k 0,
/// nothing of A and B is read. NaN and infinities in A and B reach C as arithmetic says. The product is cut
/// by its shape alone, so C has the same bits for any number of threads, and whether or not the call comes
/// from inside a block of parallel_for, where it stays on its thread.
template <Real T>
void gemm(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta);

/// The same for every i, at c + c_offsets[i], a + a_offsets[i], b + b_offsets[i]: equal offsets of a or b
/// broadcast. The spans have one length; no two products may share elements of c.
template <Real T>
void gemm_batched(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta,
                  std::span<const index_t> c_offsets, std::span<const index_t> a_offsets,
                  std::span<const index_t> b_offsets);

/// C = op(A) op(B) + row, the same row (n) for each of C, where gemm_adds_row(shape).
void gemm_plus_row(float* c, const float* a, const float* b, const float* row, const GemmShape& shape);

/// True where the row costs no pass of its own over C.
bool gemm_adds_row(const GemmShape& shape);

/// True where products of this precision are fast: always where it is full.
bool gemm_has(Precision precision);

template <Real T>
void gemm_naive(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta);

}  // namespace xtape::kernels
