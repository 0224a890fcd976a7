// Matrix products: who computes them.
#include <concepts>

#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/gemm_observer.hpp>
#include <xtape/ops/kernels/onednn.hpp>

namespace xtape::kernels {
namespace {

/// C *= beta, and C = 0 where beta is 0 whatever C held.
template <Real T>
void scale(T* c, const GemmShape& s, T beta) {
  for (index_t i = 0; i < s.m; ++i, c += s.ldc)
    for (index_t j = 0; j < s.n; ++j) c[j] = beta == 0 ? T{0} : beta * c[j];
}

template <Real T>
void tell_observer(const Product<T>& x, Offsets c_offsets, Offsets a_offsets, Offsets b_offsets) {
  if constexpr (std::same_as<T, float>)
    if (GemmObserver* observer = gemm_observer.load(std::memory_order_acquire))
      observer->called({x.c, x.a, x.b, x.shape, x.alpha, x.beta, c_offsets, a_offsets, b_offsets});
}

}  // namespace

template <Real T>
void gemm(T* c, const T* a, const T* b, const GemmShape& shape, T alpha, T beta) {
  constexpr index_t in_place[] = {0};
  gemm_batched(c, a, b, shape, alpha, beta, in_place, in_place, in_place);
}

template <Real T>
void gemm_batched(T* c, const T* a, const T* b, const GemmShape& s, T alpha, T beta, Offsets c_offsets,
                  Offsets a_offsets, Offsets b_offsets) {
  if (s.m == 0 || s.n == 0 || c_offsets.empty()) return;
  tell_observer<T>({c, a, b, s, alpha, beta}, c_offsets, a_offsets, b_offsets);
  if (s.k == 0) {
    for (const index_t offset : c_offsets) scale(c + offset, s, beta);
    return;
  }
  const Product<T> first{c, a, b, s, alpha, beta};
  if constexpr (std::same_as<T, float>) {
    if (s.precision == Precision::bf16) return bf16_products(first, c_offsets, a_offsets, b_offsets);
    if (alpha == 1 && suits_onednn(s)) return onednn_products(first, c_offsets, a_offsets, b_offsets);
  }
  blas_products(first, c_offsets, a_offsets, b_offsets);
}

bool gemm_adds_row(const GemmShape& s) { return s.k > 0 && suits_onednn(s); }

void gemm_plus_row(float* c, const float* a, const float* b, const float* row, const GemmShape& s) {
  constexpr index_t none[] = {0};
  const Offsets in_place(none);
  const Product<float> x{c, a, b, s, 1, 0, row};
  tell_observer(x, in_place, in_place, in_place);
  const auto products = s.precision == Precision::bf16 ? bf16_products : onednn_products<float>;
  products(x, in_place, in_place, in_place);
}

bool gemm_has(Precision precision) { return precision == Precision::full || has_onednn(precision); }

template <Real T>
void gemm_naive(T* c, const T* a, const T* b, const GemmShape& s, T alpha, T beta) {
  for (index_t i = 0; i < s.m; ++i)
    for (index_t j = 0; j < s.n; ++j) {
      T sum = 0;
      for (index_t p = 0; p < s.k; ++p) {
        const T a_ip = s.transpose_a ? a[p * s.lda + i] : a[i * s.lda + p];
        const T b_pj = s.transpose_b ? b[j * s.ldb + p] : b[p * s.ldb + j];
        sum += a_ip * b_pj;
      }
      T& result = c[i * s.ldc + j];
      result = beta == 0 ? alpha * sum : alpha * sum + beta * result;
    }
}

template void gemm(float*, const float*, const float*, const GemmShape&, float, float);
template void gemm(double*, const double*, const double*, const GemmShape&, double, double);
template void gemm_batched(float*, const float*, const float*, const GemmShape&, float, float, Offsets,
                           Offsets, Offsets);
template void gemm_batched(double*, const double*, const double*, const GemmShape&, double, double, Offsets,
                           Offsets, Offsets);
template void gemm_naive(float*, const float*, const float*, const GemmShape&, float, float);
template void gemm_naive(double*, const double*, const double*, const GemmShape&, double, double);

}  // namespace xtape::kernels
