// BLAS by element type, on one thread: products with what they are made of, and what BLAS likes here.
#pragma once

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/gemm.hpp>

namespace xtape::kernels {

/// Takes BLAS's own threads away, whenever it has any: parallelism is ours. Goes before any use of BLAS.
void prepare_blas();

/// True where BLAS runs products of up to 10^6 multiplications straight from their operands, with nothing
/// packed.
bool blas_has_small_kernels();

struct Range {
  index_t begin, end;
  index_t size() const { return end - begin; }
};

/// C = alpha * op(A) op(B) + beta * C, where A and B may be of a shorter type. A `row` that is there is added
/// to each row of C.
template <Real T, class In = T>
struct Product {
  T* c;
  const In *a, *b;
  GemmShape shape;
  T alpha, beta;
  const T* row = nullptr;

  /// What `p` of k adds to rows i and columns j of C; beta belongs to the part that holds the beginning of k.
  Product part(Range i, Range j, Range p) const {
    Product x = *this;
    x.c += i.begin * shape.ldc + j.begin;
    x.a += shape.transpose_a ? p.begin * shape.lda + i.begin : i.begin * shape.lda + p.begin;
    x.b += shape.transpose_b ? j.begin * shape.ldb + p.begin : p.begin * shape.ldb + j.begin;
    x.shape.m = i.size(), x.shape.n = j.size(), x.shape.k = p.size();
    if (row) x.row += j.begin;
    if (p.begin > 0) x.beta = 1, x.row = nullptr;
    return x;
  }
  Product rows(Range i) const { return part(i, {0, shape.n}, {0, shape.k}); }
  Product columns(Range j) const { return part({0, shape.m}, j, {0, shape.k}); }
  Product depth(Range p) const { return part({0, shape.m}, {0, shape.n}, p); }
};

/// Computes the product by one call of BLAS.
template <Real T>
void blas(const Product<T>& x);

}  // namespace xtape::kernels
