// Products of floats rounded to bf16.
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/onednn.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace xtape::kernels {
namespace {

void round_row(Bf16* y, const float* x, index_t n) {
  for (index_t i = 0; i < n; ++i) y[i] = to_bf16(x[i]);
}
void round_row(float* y, const float* x, index_t n) {
  for (index_t i = 0; i < n; ++i) y[i] = to_float(to_bf16(x[i]));
}

/// Matrices (rows, columns) at offsets of x, rounded, one after the other without gaps.
template <class E>
class Rounded {
 public:
  Rounded(const float* x, index_t rows, index_t columns, index_t ld, Offsets from)
      : values_(static_cast<index_t>(from.size()) * rows * columns),
        offsets_(static_cast<index_t>(from.size())) {
    const auto count = static_cast<index_t>(from.size());
    for (index_t i = 0; i < count; ++i) offsets_[i] = i * rows * columns;
    parallel_for(count * rows, rows_grain(columns), [&](index_t begin, index_t end) {
      for (index_t row = begin; row < end; ++row)
        round_row(values_.data() + row * columns,
                  x + from[static_cast<std::size_t>(row / rows)] + row % rows * ld, columns);
    });
  }

  const E* data() { return values_.data(); }
  Offsets offsets(std::size_t count) { return {offsets_.data(), count}; }

 private:
  Scratch<E> values_;
  Scratch<index_t> offsets_;
};

/// Calls multiply(product of rounded operands, offsets of A, offsets of B).
template <class E, class Multiply>
void with_rounded(const Product<float>& x, Offsets a_offsets, Offsets b_offsets, Multiply multiply) {
  const GemmShape& s = x.shape;
  const auto rounded = [](const float* values, index_t rows, index_t columns, bool transpose, index_t ld,
                          Offsets at) {
    return transpose ? Rounded<E>(values, columns, rows, ld, at) : Rounded<E>(values, rows, columns, ld, at);
  };
  auto a = rounded(x.a, s.m, s.k, s.transpose_a, s.lda, a_offsets);
  auto b = rounded(x.b, s.k, s.n, s.transpose_b, s.ldb, b_offsets);
  GemmShape shape = gemm_shape(s.m, s.n, s.k, s.transpose_a, s.transpose_b);
  shape.ldc = s.ldc;
  multiply(Product<float, E>{x.c, a.data(), b.data(), shape, x.alpha, x.beta, x.row},
           a.offsets(a_offsets.size()), b.offsets(b_offsets.size()));
}

}  // namespace

void bf16_products(const Product<float>& first, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets) {
  if (first.alpha == 1 && suits_onednn(first.shape))
    return with_rounded<Bf16>(first, a_offsets, b_offsets,
                              [&](const auto& x, Offsets from_a, Offsets from_b) {
                                onednn_products(x, c_offsets, from_a, from_b);
                              });
  with_rounded<float>(first, a_offsets, b_offsets, [&](const auto& x, Offsets from_a, Offsets from_b) {
    blas_products(x, c_offsets, from_a, from_b);
  });
}

}  // namespace xtape::kernels
