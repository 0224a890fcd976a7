// The processor's vectors: whole and partial loads and stores, and reductions of a row with one rounding
// rule.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <xtape/core/index.hpp>
#include <xtape/core/xsimd.hpp>

namespace xtape::kernels {

template <Real T>
using Batch = xsimd::batch<T>;

template <Real T>
inline constexpr index_t lanes = static_cast<index_t>(Batch<T>::size);

template <Real T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();

/// True where all of x is -inf: a row of logits with nothing to choose from. As a rule the first one decides.
template <Real T>
bool all_impossible(const T* x, index_t n) {
  index_t i = 0;
  while (i < n && x[i] == -infinity<T>) ++i;
  return i == n;
}

/// How much of a batch is there: all of it, or its first `count` lanes. A loop body that takes either serves
/// the bulk of a row and its end alike, so an element's bits do not depend on where the row is cut.
struct Whole {};
struct Part {
  index_t count;
};

template <Real T>
Batch<T> load(const T* x, Whole, T) {
  return Batch<T>::load_unaligned(x);
}

template <Real T>
void store(T* y, const Batch<T>& value, Whole) {
  value.store_unaligned(y);
}

inline constexpr bool has_avx512 = std::is_base_of_v<xsimd::avx512f, xsimd::default_arch>;
inline constexpr bool has_avx = std::is_base_of_v<xsimd::avx, xsimd::default_arch> && !has_avx512;

/// The lanes below `count`, as the processor's masked moves want them.
template <Real T>
auto lane_mask(index_t count) {
  if constexpr (has_avx512) {
    return static_cast<std::conditional_t<sizeof(T) == 4, std::uint16_t, std::uint8_t>>((1u << count) - 1u);
  } else {
    using Lane = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    static constexpr Lane ladder[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return xsimd::batch<Lane>::load_unaligned(ladder + 8 - count);
  }
}

/// Lanes that are not there hold `fill`; their memory is not touched.
template <Real T>
Batch<T> load(const T* x, Part part, T fill) {
  const Batch<T> filled(fill);
  if constexpr (has_avx512 && std::same_as<T, float>) {
    return _mm512_mask_loadu_ps(filled, lane_mask<T>(part.count), x);
  } else if constexpr (has_avx512) {
    return _mm512_mask_loadu_pd(filled, lane_mask<T>(part.count), x);
  } else if constexpr (has_avx && std::same_as<T, float>) {
    const auto mask = lane_mask<T>(part.count);
    return _mm256_blendv_ps(filled, _mm256_maskload_ps(x, mask), _mm256_castsi256_ps(mask));
  } else if constexpr (has_avx) {
    const auto mask = lane_mask<T>(part.count);
    return _mm256_blendv_pd(filled, _mm256_maskload_pd(x, mask), _mm256_castsi256_pd(mask));
  } else {
    T padded[lanes<T>];
    filled.store_unaligned(padded);
    for (index_t i = 0; i < part.count; ++i) padded[i] = x[i];
    return Batch<T>::load_unaligned(padded);
  }
}

template <Real T>
void store(T* y, const Batch<T>& value, Part part) {
  if constexpr (has_avx512 && std::same_as<T, float>) {
    _mm512_mask_storeu_ps(y, lane_mask<T>(part.count), value);
  } else if constexpr (has_avx512) {
    _mm512_mask_storeu_pd(y, lane_mask<T>(part.count), value);
  } else if constexpr (has_avx && std::same_as<T, float>) {
    _mm256_maskstore_ps(y, lane_mask<T>(part.count), value);
  } else if constexpr (has_avx) {
    _mm256_maskstore_pd(y, lane_mask<T>(part.count), value);
  } else {
    T padded[lanes<T>];
    value.store_unaligned(padded);
    for (index_t i = 0; i < part.count; ++i) y[i] = padded[i];
  }
}

/// Calls body(i, Whole) for each whole batch of [0, n), then body(i, Part) for what remains.
template <Real T, class Body>
void for_batches(index_t n, Body&& body) {
  index_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) body(i, Whole{});
  if (i < n) body(i, Part{n - i});
}

struct Plus {
  template <class V>
  V operator()(const V& a, const V& b) const {
    return a + b;
  }
};

/// The larger; where one is NaN, either.
struct Larger {
  template <class V>
  V operator()(const V& a, const V& b) const {
    return a < b ? b : a;
  }
  template <Real T>
  Batch<T> operator()(const Batch<T>& a, const Batch<T>& b) const {
    return xsimd::max(a, b);
  }
};

/// The compiler's own vector of N lanes, for shuffles that xsimd does not offer.
template <Real T, int N>
struct Vector {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

/// Folds N lanes in a fixed tree: upper half onto lower half.
template <Real T, int N, class Op>
T fold_lanes(typename Vector<T, N>::type v, Op op) {
  if constexpr (N == 2) {
    return op(v[0], v[1]);
  } else {
    return [&]<int... I>(std::integer_sequence<int, I...>) {
      const typename Vector<T, N / 2>::type low = __builtin_shufflevector(v, v, I...);
      const typename Vector<T, N / 2>::type high = __builtin_shufflevector(v, v, (I + N / 2)...);
      return fold_lanes<T, N / 2>(op(low, high), op);
    }(std::make_integer_sequence<int, N / 2>{});
  }
}

/// Folds the lanes of a batch in a fixed tree.
template <Real T, class Op>
T fold(const Batch<T>& value, Op op) {
  alignas(64) T lane[lanes<T>];
  value.store_aligned(lane);
  typename Vector<T, lanes<T>>::type v;
  std::memcpy(&v, lane, sizeof v);
  return fold_lanes<T, lanes<T>>(v, op);
}

/// op over term(i, Whole or Part) for the batches of [0, n). Four chains run side by side, and each is folded
/// into an outer one every 64 batches, so that rounding grows with n / (256 lanes) rather than with n.
/// term yields op's identity in lanes that are not there.
template <Real T, class Op, class Term>
T reduce_batches(index_t n, T identity, Op op, Term&& term) {
  constexpr index_t step = 4 * lanes<T>;
  const Batch<T> none(identity);
  Batch<T> total = none;
  index_t i = 0;
  while (i + step <= n) {
    const index_t stop = std::min(n - step, i + 63 * step);
    Batch<T> a = none, b = none, c = none, d = none;
    for (; i <= stop; i += step) {
      a = op(a, term(i, Whole{}));
      b = op(b, term(i + lanes<T>, Whole{}));
      c = op(c, term(i + 2 * lanes<T>, Whole{}));
      d = op(d, term(i + 3 * lanes<T>, Whole{}));
    }
    total = op(total, op(op(a, b), op(c, d)));
  }
  for (; i + lanes<T> <= n; i += lanes<T>) total = op(total, term(i, Whole{}));
  if (i < n) total = op(total, term(i, Part{n - i}));
  return fold<T>(total, op);
}

}  // namespace xtape::kernels
