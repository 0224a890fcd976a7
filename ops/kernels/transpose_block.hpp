// A square block of vectors turned in registers: what fast transposes are made of.
#pragma once

#include <cstring>
#include <utility>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {

/// Calls f(0), ..., f(N - 1) with constants, so that arrays indexed by them live in registers.
template <int N, class F>
[[gnu::always_inline]] inline void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) {
    (f(std::integral_constant<int, I>{}), ...);
  }(std::make_integer_sequence<int, N>{});
}

/// Exchanges the lanes of a whose number has bit Step with the lanes of b whose number has not.
template <int Step, class V, int... I>
[[gnu::always_inline]] inline void exchange_lanes(V& a, V& b, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I);
  const V low = __builtin_shufflevector(a, b, (I & Step ? I - Step + n : I)...);
  const V high = __builtin_shufflevector(a, b, (I & Step ? I + n : I + Step)...);
  a = low;
  b = high;
}

/// row[i][j] becomes row[j][i].
template <Real T, int N, int Step = N / 2>
[[gnu::always_inline]] inline void transpose_block(typename Vector<T, N>::type* row) {
  unrolled<N>([&](auto i) {
    if constexpr (!(i & Step))
      exchange_lanes<Step>(row[i], row[i + Step], std::make_integer_sequence<int, N>{});
  });
  if constexpr (Step > 1) transpose_block<T, N, Step / 2>(row);
}

/// y (rows, columns) from x (columns, rows), with `ldy` and `ldx` from row to row.
template <Real T>
void transpose_copy(T* y, index_t ldy, const T* x, index_t ldx, index_t rows, index_t columns) {
  constexpr int N = static_cast<int>(lanes<T>);
  const index_t whole_rows = rows / N * N, whole_columns = columns / N * N;
  for (index_t j = 0; j < whole_columns; j += N)
    for (index_t i = 0; i < whole_rows; i += N) {
      typename Vector<T, N>::type block[N];
      unrolled<N>([&](auto l) { std::memcpy(&block[l], x + (j + l) * ldx + i, sizeof block[l]); });
      transpose_block<T, N>(block);
      unrolled<N>([&](auto l) { std::memcpy(y + (i + l) * ldy + j, &block[l], sizeof block[l]); });
    }
  for (index_t j = 0; j < columns; ++j)
    for (index_t i = j < whole_columns ? whole_rows : 0; i < rows; ++i) y[i * ldy + j] = x[j * ldx + i];
}

}  // namespace xtape::kernels
