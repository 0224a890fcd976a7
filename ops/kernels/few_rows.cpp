// Linear maps of few rows.
#include <xtape/ops/kernels/few_rows.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {
namespace {

constexpr int most_rows = 4;             // that meet a row of the weight together
constexpr int chains = 2;                // of sums side by side, for each pair of them
constexpr index_t task_bytes = 1 << 17;  // of the weight: some microseconds of one thread

/// A batch of the weight's elements.
template <Real T, class Some>
Batch<T> elements(const T* w, Some some) {
  return load(w, some, T{0});
}
template <Real T>
Batch<T> elements(const std::int8_t* w, Whole) {
  if constexpr (has_avx512 && std::same_as<T, float>) {  // where g++ 12 would convert lane by lane
    const auto widened = [](auto bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)); };
    return widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
  } else {
    T lane[lanes<T>];
    std::copy_n(w, lanes<T>, lane);
    return Batch<T>::load_unaligned(lane);
  }
}
template <Real T>
Batch<T> elements(const std::int8_t* w, Part part) {
  std::int8_t padded[lanes<T>] = {};
  std::copy_n(w, part.count, padded);
  return elements<T>(padded, Whole{});
}

/// What all rows share. W is T or std::int8_t.
template <Real T, class W>
struct Task {
  T* y;
  const T* x;
  const W* weight;
  const T *scales, *bias;  // or null
  index_t n, k;

  /// From a row of the weight's first half to the one beside it in the second.
  index_t apart() const { return n - n / 2; }
};

/// Rows of x from r on times Runs rows of the weight: j, and the one beside it in the second half. That is
/// two runs through memory, which the processor fetches ahead of their use, better than one; of several
/// neighbouring rows it loses track (a pass over 124 M on one thread: float 16, 18 and 30 ms, bytes 4.7, 10
/// and 12).
template <int Rows, int Runs, Real T, class W>
void multiply_rows(const Task<T, W>& of, index_t r, index_t j) {
  const T* const x = of.x + r * of.k;
  const W* const w = of.weight + j * of.k;
  const index_t next_run = of.apart() * of.k;
  Batch<T> sums[Runs][Rows][chains];
  std::fill_n(&sums[0][0][0], Runs * Rows * chains, Batch<T>(T{0}));
  const auto add = [&](auto chain, index_t p, auto some) {
    Batch<T> left[Rows];
    unrolled<Rows>([&](auto a) { left[a] = load(x + a * of.k + p, some, T{0}); });
    unrolled<Runs>([&](auto b) {
      const Batch<T> right = elements<T>(w + b * next_run + p, some);
      unrolled<Rows>([&](auto a) { sums[b][a][chain] = xsimd::fma(left[a], right, sums[b][a][chain]); });
    });
  };
  index_t p = 0;
  for (; p + chains * lanes<T> <= of.k; p += chains * lanes<T>)
    unrolled<chains>([&](auto c) { add(c, p + c * lanes<T>, Whole{}); });
  constexpr std::integral_constant<int, 0> first;
  for (; p + lanes<T> <= of.k; p += lanes<T>) add(first, p, Whole{});
  if (p < of.k) add(first, p, Part{of.k - p});
  unrolled<Runs>([&](auto b) {
    const index_t i = j + b * of.apart();
    static_assert(chains == 2);
    const T scale = of.scales ? of.scales[i] : T{1}, bias = of.bias ? of.bias[i] : T{0};
    unrolled<Rows>([&](auto a) {
      of.y[(r + a) * of.n + i] = fold<T>(sums[b][a][0] + sums[b][a][1], Plus{}) * scale + bias;
    });
  });
}

/// All rows of x.
template <int Runs, Real T, class W>
void multiply_all(const Task<T, W>& of, index_t rows, index_t j) {
  index_t r = 0;
  for (; r + most_rows <= rows; r += most_rows) multiply_rows<most_rows, Runs>(of, r, j);
  for (; r < rows; ++r) multiply_rows<1, Runs>(of, r, j);
}

template <Real T, class W>
void multiply(const Task<T, W>& of, index_t rows) {
  const index_t pair_bytes = std::max<index_t>(1, 2 * of.k * static_cast<index_t>(sizeof(W)));
  parallel_for(of.apart(), std::max<index_t>(1, task_bytes / pair_bytes), [&](index_t begin, index_t end) {
    for (index_t j = begin; j < end; ++j)
      j < of.n / 2 ? multiply_all<2>(of, rows, j) : multiply_all<1>(of, rows, j);
  });
}

template <Real T, class Element>
void multiply_naive(T* y, const T* x, const T* bias, index_t rows, index_t n, index_t k, Element weight) {
  for (index_t r = 0; r < rows; ++r)
    for (index_t j = 0; j < n; ++j) {
      T sum = 0;
      for (index_t p = 0; p < k; ++p) sum += x[r * k + p] * weight(j, p);
      y[r * n + j] = bias ? sum + bias[j] : sum;
    }
}

}  // namespace

template <Real T>
void few_rows(T* y, const T* x, const T* weight, const T* bias, index_t rows, index_t n, index_t k) {
  multiply(Task<T, T>{y, x, weight, nullptr, bias, n, k}, rows);
}

template <Real T>
void few_rows(T* y, const T* x, const Int8Weight<T>& weight, const T* bias, index_t rows, index_t n,
              index_t k) {
  multiply(Task<T, std::int8_t>{y, x, weight.bytes, weight.scales, bias, n, k}, rows);
}

template <Real T>
void to_int8(std::int8_t* bytes, T* scales, const T* weight, index_t n, index_t k) {
  parallel_for(n, 64, [&](index_t begin, index_t end) {
    for (index_t j = begin; j < end; ++j) {
      const T* row = weight + j * k;
      T largest = 0;
      for (index_t p = 0; p < k; ++p) largest = std::max(largest, std::abs(row[p]));
      scales[j] = largest / 127;
      const T per_step = scales[j] > 0 ? scales[j] : T{1};  // 0 where the row is nothing, or next to it
      for (index_t p = 0; p < k; ++p)
        bytes[j * k + p] =
            static_cast<std::int8_t>(std::clamp(std::nearbyint(row[p] / per_step), T{-127}, T{127}));
    }
  });
}

template <Real T>
void from_int8(T* weight, const Int8Weight<T>& from, index_t n, index_t k) {
  parallel_for(n, 64, [&](index_t begin, index_t end) {
    for (index_t j = begin; j < end; ++j)
      for (index_t p = 0; p < k; ++p)
        weight[j * k + p] = from.scales[j] * static_cast<T>(from.bytes[j * k + p]);
  });
}

template <Real T>
void few_rows_naive(T* y, const T* x, const T* weight, const T* bias, index_t rows, index_t n, index_t k) {
  multiply_naive(y, x, bias, rows, n, k, [=](index_t j, index_t p) { return weight[j * k + p]; });
}

template <Real T>
void few_rows_naive(T* y, const T* x, const Int8Weight<T>& weight, const T* bias, index_t rows, index_t n,
                    index_t k) {
  multiply_naive(y, x, bias, rows, n, k, [=](index_t j, index_t p) {
    return weight.scales[j] * static_cast<T>(weight.bytes[j * k + p]);
  });
}

template void few_rows(float*, const float*, const float*, const float*, index_t, index_t, index_t);
template void few_rows(double*, const double*, const double*, const double*, index_t, index_t, index_t);
template void few_rows(float*, const float*, const Int8Weight<float>&, const float*, index_t, index_t,
                       index_t);
template void few_rows(double*, const double*, const Int8Weight<double>&, const double*, index_t, index_t,
                       index_t);
template void to_int8(std::int8_t*, float*, const float*, index_t, index_t);
template void to_int8(std::int8_t*, double*, const double*, index_t, index_t);
template void from_int8(float*, const Int8Weight<float>&, index_t, index_t);
template void from_int8(double*, const Int8Weight<double>&, index_t, index_t);
template void few_rows_naive(float*, const float*, const float*, const float*, index_t, index_t, index_t);
template void few_rows_naive(double*, const double*, const double*, const double*, index_t, index_t, index_t);
template void few_rows_naive(float*, const float*, const Int8Weight<float>&, const float*, index_t, index_t,
                             index_t);
template void few_rows_naive(double*, const double*, const Int8Weight<double>&, const double*, index_t,
                             index_t, index_t);

}  // namespace xtape::kernels
