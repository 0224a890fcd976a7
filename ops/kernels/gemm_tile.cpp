// Small products: blocks of eight rows by two vectors, whose sums stay in registers.
#include <xtape/ops/kernels/gemm_tile.hpp>

#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {
namespace {

/// R rows of C by V vectors, of which the last is whole or a part.
template <int R, int V, Real T, class Last>
void multiply_block(const Product<T>& x, Last last) {
  const auto for_vectors = [&](auto f) {
    unrolled<V - 1>([&](auto v) { f(v, Whole{}); });
    f(std::integral_constant<int, V - 1>{}, last);
  };
  const GemmShape s = x.shape;  // copies: what is stored to C might be x otherwise
  const T alpha = x.alpha, beta = x.beta;
  T* const c = x.c;
  Batch<T> sum[R][V];
  unrolled<R>([&](auto r) { unrolled<V>([&](auto v) { sum[r][v] = Batch<T>(T{0}); }); });
  const index_t row = s.transpose_a ? 1 : s.lda, step = s.transpose_a ? s.lda : 1;
  const T *a = x.a, *lower_a = a + R / 2 * row, *b = x.b;
  for (index_t p = 0; p < s.k; ++p, a += step, lower_a += step, b += s.ldb) {
    Batch<T> of_b[V];
    for_vectors([&](auto v, auto part) { of_b[v] = load(b + v * lanes<T>, part, T{0}); });
    unrolled<R>([&](auto r) {
      const Batch<T> of_a(r < R / 2 ? a[r * row] : lower_a[(r - R / 2) * row]);
      unrolled<V>([&](auto v) { sum[r][v] = xsimd::fma(of_a, of_b[v], sum[r][v]); });
    });
  }
  const auto for_results = [&](auto f) {
    unrolled<R>([&](auto r) {
      for_vectors([&](auto v, auto part) { f(c + r * s.ldc + v * lanes<T>, alpha * sum[r][v], part); });
    });
  };
  if (beta == 0) return for_results([](T* to, const Batch<T>& y, auto part) { store(to, y, part); });
  for_results([beta](T* to, const Batch<T>& y, auto part) {
    store(to, xsimd::fma(Batch<T>(beta), load(to, part, T{0}), y), part);
  });
}

/// All rows of V vectors of columns.
template <int V, Real T, class Last>
void multiply_columns(const Product<T>& x, Last last) {
  index_t i = 0;
  const auto rows = [&](auto count) {
    multiply_block<count, V>(x.rows({i, i + count}), last);
    i += count;
  };
  while (i + 8 <= x.shape.m) rows(std::integral_constant<int, 8>{});
  if (x.shape.m - i >= 4) rows(std::integral_constant<int, 4>{});
  if (x.shape.m - i >= 2) rows(std::integral_constant<int, 2>{});
  if (x.shape.m - i >= 1) rows(std::integral_constant<int, 1>{});
}

}  // namespace

template <Real T>
bool suits_tile(const GemmShape& s) {
  constexpr index_t most = index_t{1} << 18, deepest = 512;  // longer sums in one chain round worse
  return has_avx512 && !s.transpose_b && s.m > 1 && s.n > 1 && s.k <= deepest && s.m * s.n * s.k <= most;
}

template <Real T>
void multiply_tile(const Product<T>& x) {
  const index_t n = x.shape.n, one = lanes<T>;
  for (index_t j = 0; j < n; j += 2 * one) {
    const index_t left = n - j;
    const Product<T> columns = x.columns({j, std::min(n, j + 2 * one)});
    if (left >= 2 * one)
      multiply_columns<2>(columns, Whole{});
    else if (left > one)
      multiply_columns<2>(columns, Part{left - one});
    else
      multiply_columns<1>(columns, Part{left});
  }
}

template bool suits_tile<float>(const GemmShape&);
template bool suits_tile<double>(const GemmShape&);
template void multiply_tile(const Product<float>&);
template void multiply_tile(const Product<double>&);

}  // namespace xtape::kernels
