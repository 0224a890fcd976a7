// softmax and log_softmax along one axis: whole rows where the axis is last, bands of columns elsewhere.
#include <cmath>
#include <type_traits>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/softmax.hpp>

namespace xtape::kernels {
namespace {

template <int N>
using Count = std::integral_constant<int, N>;

/// Calls row(first element) for each row where the axis is last; elsewhere columns(first element, Count<N>,
/// Whole or Part) for each N batches of neighbouring columns.
template <Real T, class Row, class Columns>
void for_split(Split split, Row row, Columns columns) {
  const auto [outer, length, inner] = split;
  if (length == 0) return;
  if (inner == 1) {
    parallel_for(outer, rows_grain(length), [&](index_t begin, index_t end) {
      for (index_t o = begin; o < end; ++o) row(o * length);
    });
    return;
  }
  constexpr index_t band = 4 * lanes<T>;
  const index_t bands = (inner + band - 1) / band;
  parallel_for(outer * bands, rows_grain(length * band), [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t first = unit % bands * band;
      const index_t at = unit / bands * length * inner + first;
      if (inner - first >= band)
        columns(at, Count<4>{}, Whole{});
      else
        for_batches<T>(inner - first, [&](index_t i, auto part) { columns(at + i, Count<1>{}, part); });
    }
  });
}

/// -inf, the top of a row that is all -inf, becomes 0, so that the exponentials are 0 and not NaN.
template <Real T>
Batch<T> finite_top(const Batch<T>& top) {
  return xsimd::select(top == Batch<T>(-infinity<T>), Batch<T>(T{0}), top);
}

/// 1 / total, or 0 for a row without any weight.
template <Real T>
Batch<T> inverse_or_zero(const Batch<T>& total) {
  return xsimd::select(total == Batch<T>(T{0}), Batch<T>(T{0}), Batch<T>(T{1}) / total);
}

/// log(total), or 0 for a row without any weight.
template <Real T>
Batch<T> log_or_zero(const Batch<T>& total) {
  return xsimd::select(total == Batch<T>(T{0}), Batch<T>(T{0}), xsimd::log(total));
}

template <Real T>
T row_top(const T* x, index_t n) {
  const T top = reduce_batches<T>(n, -infinity<T>, Larger{},
                                  [&](index_t i, auto part) { return load(x + i, part, -infinity<T>); });
  return top == -infinity<T> ? T{0} : top;
}

template <Real T>
void softmax_row(T* y, const T* x, index_t n) {
  const T top = row_top(x, n);
  const T total = reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    const Batch<T> e = xsimd::exp(load(x + i, part, -infinity<T>) - top);
    store(y + i, e, part);
    return e;
  });
  const T scale = total == T{0} ? T{0} : T{1} / total;
  for_batches<T>(n, [&](index_t i, auto part) { store(y + i, load(y + i, part, T{0}) * scale, part); });
}

template <Real T, int N, class P>
void softmax_columns(T* y, const T* x, Split split, Count<N>, P part) {
  Batch<T> top[N], total[N];
  for (int k = 0; k < N; ++k) top[k] = -infinity<T>, total[k] = T{0};
  const index_t end = split.length * split.inner;
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) top[k] = xsimd::max(top[k], load(x + at + k * lanes<T>, part, T{0}));
  for (int k = 0; k < N; ++k) top[k] = finite_top<T>(top[k]);
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const Batch<T> e = xsimd::exp(load(x + at + k * lanes<T>, part, T{0}) - top[k]);
      store(y + at + k * lanes<T>, e, part);
      total[k] += e;
    }
  for (int k = 0; k < N; ++k) total[k] = inverse_or_zero<T>(total[k]);
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      T* place = y + at + k * lanes<T>;
      store(place, load(place, part, T{0}) * total[k], part);
    }
}

template <Real T>
void log_softmax_row(T* y, const T* x, index_t n) {
  const T top = row_top(x, n);
  const T total = reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    return xsimd::exp(load(x + i, part, -infinity<T>) - top);
  });
  const T log_total = total == T{0} ? T{0} : std::log(total);
  for_batches<T>(
      n, [&](index_t i, auto part) { store(y + i, (load(x + i, part, T{0}) - top) - log_total, part); });
}

template <Real T, int N, class P>
void log_softmax_columns(T* y, const T* x, Split split, Count<N>, P part) {
  Batch<T> top[N], total[N];
  for (int k = 0; k < N; ++k) top[k] = -infinity<T>, total[k] = T{0};
  const index_t end = split.length * split.inner;
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) top[k] = xsimd::max(top[k], load(x + at + k * lanes<T>, part, T{0}));
  for (int k = 0; k < N; ++k) top[k] = finite_top<T>(top[k]);
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) total[k] += xsimd::exp(load(x + at + k * lanes<T>, part, T{0}) - top[k]);
  for (int k = 0; k < N; ++k) total[k] = log_or_zero<T>(total[k]);
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      store(y + place, (load(x + place, part, T{0}) - top[k]) - total[k], part);
    }
}

template <Real T>
void softmax_grad_row(T* gx, const T* gy, const T* y, index_t n) {
  const T dot = reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    return load(gy + i, part, T{0}) * load(y + i, part, T{0});
  });
  for_batches<T>(n, [&](index_t i, auto part) {
    store(gx + i, load(y + i, part, T{0}) * (load(gy + i, part, T{0}) - dot), part);
  });
}

template <Real T, int N, class P>
void softmax_grad_columns(T* gx, const T* gy, const T* y, Split split, Count<N>, P part) {
  Batch<T> dot[N];
  for (int k = 0; k < N; ++k) dot[k] = T{0};
  const index_t end = split.length * split.inner;
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      dot[k] += load(gy + place, part, T{0}) * load(y + place, part, T{0});
    }
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      store(gx + place, load(y + place, part, T{0}) * (load(gy + place, part, T{0}) - dot[k]), part);
    }
}

template <Real T>
void log_softmax_grad_row(T* gx, const T* gy, const T* y, index_t n) {
  if (all_impossible(y, n)) {
    std::fill_n(gx, n, T{0});
    return;
  }
  const T total =
      reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) { return load(gy + i, part, T{0}); });
  for_batches<T>(n, [&](index_t i, auto part) {
    store(gx + i, load(gy + i, part, T{0}) - xsimd::exp(load(y + i, part, T{0})) * total, part);
  });
}

template <Real T, int N, class P>
void log_softmax_grad_columns(T* gx, const T* gy, const T* y, Split split, Count<N>, P part) {
  const Batch<T> zero(T{0}), bottom(-infinity<T>);
  Batch<T> top[N], total[N];
  for (int k = 0; k < N; ++k) top[k] = bottom, total[k] = zero;
  const index_t end = split.length * split.inner;
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      top[k] = xsimd::max(top[k], load(y + place, part, T{0}));
      total[k] += load(gy + place, part, T{0});
    }
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      const Batch<T> g = load(gy + place, part, T{0}) - xsimd::exp(load(y + place, part, T{0})) * total[k];
      store(gx + place, xsimd::select(top[k] == bottom, zero, g), part);
    }
}

}  // namespace

template <Real T>
void softmax(T* y, const T* x, Split split) {
  for_split<T>(
      split, [&](index_t at) { softmax_row(y + at, x + at, split.length); },
      [&](index_t at, auto count, auto part) { softmax_columns(y + at, x + at, split, count, part); });
}

template <Real T>
void log_softmax(T* y, const T* x, Split split) {
  for_split<T>(
      split, [&](index_t at) { log_softmax_row(y + at, x + at, split.length); },
      [&](index_t at, auto count, auto part) { log_softmax_columns(y + at, x + at, split, count, part); });
}

template <Real T>
void softmax_grad(T* gx, const T* gy, const T* y, Split split) {
  for_split<T>(
      split, [&](index_t at) { softmax_grad_row(gx + at, gy + at, y + at, split.length); },
      [&](index_t at, auto count, auto part) {
        softmax_grad_columns(gx + at, gy + at, y + at, split, count, part);
      });
}

template <Real T>
void log_softmax_grad(T* gx, const T* gy, const T* y, Split split) {
  for_split<T>(
      split, [&](index_t at) { log_softmax_grad_row(gx + at, gy + at, y + at, split.length); },
      [&](index_t at, auto count, auto part) {
        log_softmax_grad_columns(gx + at, gy + at, y + at, split, count, part);
      });
}

namespace {

/// Calls row(at, step) for every row of the split: its elements are at, at + step, ...
template <class Row>
void for_rows_naive(Split split, Row row) {
  for (index_t o = 0; o < split.outer; ++o)
    for (index_t i = 0; i < split.inner; ++i) row(o * split.length * split.inner + i, split.inner);
}

/// The largest value, 0 where all are -inf, and the sum of exp(x - largest).
template <Real T>
std::pair<T, T> top_and_total(const T* x, index_t n, index_t step) {
  T top = -infinity<T>, total = 0;
  for (index_t l = 0; l < n; ++l) top = std::max(top, x[l * step]);
  if (top == -infinity<T>) top = 0;
  for (index_t l = 0; l < n; ++l) total += std::exp(x[l * step] - top);
  return {top, total};
}

}  // namespace

template <Real T>
void softmax_naive(T* y, const T* x, Split split) {
  for_rows_naive(split, [&](index_t at, index_t step) {
    const auto [top, total] = top_and_total(x + at, split.length, step);
    for (index_t l = 0; l < split.length; ++l)
      y[at + l * step] = total == 0 ? 0 : std::exp(x[at + l * step] - top) / total;
  });
}

template <Real T>
void log_softmax_naive(T* y, const T* x, Split split) {
  for_rows_naive(split, [&](index_t at, index_t step) {
    const auto [top, total] = top_and_total(x + at, split.length, step);
    const T log_total = total == 0 ? 0 : std::log(total);
    for (index_t l = 0; l < split.length; ++l) y[at + l * step] = x[at + l * step] - top - log_total;
  });
}

template <Real T>
void softmax_grad_naive(T* gx, const T* gy, const T* y, Split split) {
  for_rows_naive(split, [&](index_t at, index_t step) {
    T dot = 0;
    for (index_t l = 0; l < split.length; ++l) dot += gy[at + l * step] * y[at + l * step];
    for (index_t l = 0; l < split.length; ++l)
      gx[at + l * step] = y[at + l * step] * (gy[at + l * step] - dot);
  });
}

template <Real T>
void log_softmax_grad_naive(T* gx, const T* gy, const T* y, Split split) {
  for_rows_naive(split, [&](index_t at, index_t step) {
    T total = 0;
    bool possible = false;
    for (index_t l = 0; l < split.length; ++l) {
      total += gy[at + l * step];
      possible = possible || y[at + l * step] != -infinity<T>;
    }
    for (index_t l = 0; l < split.length; ++l)
      gx[at + l * step] = possible ? gy[at + l * step] - std::exp(y[at + l * step]) * total : 0;
  });
}

template void softmax(float*, const float*, Split);
template void softmax(double*, const double*, Split);
template void log_softmax(float*, const float*, Split);
template void log_softmax(double*, const double*, Split);
template void softmax_grad(float*, const float*, const float*, Split);
template void softmax_grad(double*, const double*, const double*, Split);
template void log_softmax_grad(float*, const float*, const float*, Split);
template void log_softmax_grad(double*, const double*, const double*, Split);
template void softmax_naive(float*, const float*, Split);
template void softmax_naive(double*, const double*, Split);
template void log_softmax_naive(float*, const float*, Split);
template void log_softmax_naive(double*, const double*, Split);
template void softmax_grad_naive(float*, const float*, const float*, Split);
template void softmax_grad_naive(double*, const double*, const double*, Split);
template void log_softmax_grad_naive(float*, const float*, const float*, Split);
template void log_softmax_grad_naive(double*, const double*, const double*, Split);

}  // namespace xtape::kernels
