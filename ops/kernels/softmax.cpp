// softmax along one axis, and its gradient.
#include <algorithm>
#include <xtape/ops/kernels/exponential.hpp>
#include <xtape/ops/kernels/softmax.hpp>
#include <xtape/ops/kernels/softmax_rows.hpp>

namespace xtape::kernels {
namespace {

/// 1 / total, or 0 for a row without any weight.
template <Real T>
Batch<T> inverse_or_zero(const Batch<T>& total) {
  return xsimd::select(total == Batch<T>(T{0}), Batch<T>(T{0}), Batch<T>(T{1}) / total);
}

/// A term of a row's sum: y = exp(x - top), which is also stored.
template <Real T>
auto exponential_into(T* y, const T* x, T top) {
  return [y, x, top = finite_top(top)](index_t i, auto part) {
    const Batch<T> e = exp_nonpositive(load(x + i, part, -infinity<T>) - top);
    store(y + i, e, part);
    return e;
  };
}

/// y = exp(x - top) of a row or a piece.
template <Real T>
RowSum<T> exponentials(T* y, const T* x, index_t n) {
  const T top = row_top(x, n);
  return {top, reduce_batches<T>(n, T{0}, Plus{}, exponential_into(y, x, top))};
}

/// y = exponentials as part of a row that adds up to `row`.
template <Real T, class Store>
void normalise(T* y, const T* e, index_t n, const RowSum<T>& own, const RowSum<T>& row, Store put) {
  const T scale = row.total == T{0} ? T{0} : std::exp(own.top - finite_top(row.top)) / row.total;
  for_batches<T>(n, [&](index_t i, auto part) { put(y + i, load(e + i, part, T{0}) * scale, part); });
}

constexpr index_t short_row = 4096;  // its exponentials stay in the first caches

/// Rows of a result that is streamed: what stands in the caches already would not be.
template <Real T>
void softmax_streamed(T* y, const T* x, index_t rows, index_t n) {
  parallel_for(rows, rows_grain(n), [&](index_t begin, index_t end) {
    T e[short_row];
    T top = row_top(x + begin * n, n);
    with_store(true, [&](auto put) {
      for (index_t row = begin; row < end; ++row) {
        const T* const next = x + std::min(row + 1, end - 1) * n;
        const auto [total, next_top] = sum_and_next_top(n, next, exponential_into(e, x + row * n, top));
        const RowSum<T> sum{top, total};
        normalise(y + row * n, e, n, sum, sum, put);
        top = next_top;
      }
    });
  });
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
      const Batch<T> e = exp_nonpositive(load(x + at + k * lanes<T>, part, T{0}) - top[k]);
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
T dot(const T* gy, const T* y, index_t n) {
  return reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    return load(gy + i, part, T{0}) * load(y + i, part, T{0});
  });
}

/// Meanwhile what comes next is fetched.
template <Real T, class Store>
void gradient(T* gx, const T* gy, const T* y, index_t n, T row_dot, Store put) {
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(gy + i);
    put.fetch(y + i);
    put(gx + i, load(y + i, part, T{0}) * (load(gy + i, part, T{0}) - row_dot), part);
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

}  // namespace

template <Real T>
void softmax(T* y, const T* x, Split split) {
  if (split.length == 0) return;
  if (split.inner == 1 && split.length <= short_row &&
      should_stream(y, split.outer * split.length, split.length))
    return softmax_streamed(y, x, split.outer, split.length);
  if (split.inner == 1)
    return for_rows_in_pieces(
        y, split.outer, split.length, [&](index_t at, index_t n) { return exponentials(y + at, x + at, n); },
        merged<T>,
        [&](index_t at, index_t n, const auto& own, const auto& row, auto) {
          normalise(y + at, y + at, n, own, row, UsualStore{});
        });
  for_columns<T>(
      split, [&](index_t at, auto count, auto part) { softmax_columns(y + at, x + at, split, count, part); });
}

template <Real T>
void softmax_grad(T* gx, const T* gy, const T* y, Split split) {
  if (split.length == 0) return;
  if (split.inner == 1)
    return for_rows_in_pieces(
        gx, split.outer, split.length, [&](index_t at, index_t n) { return dot(gy + at, y + at, n); }, Plus{},
        [&](index_t at, index_t n, T, T row, auto put) { gradient(gx + at, gy + at, y + at, n, row, put); });
  for_columns<T>(split, [&](index_t at, auto count, auto part) {
    softmax_grad_columns(gx + at, gy + at, y + at, split, count, part);
  });
}

template void softmax(float*, const float*, Split);
template void softmax(double*, const double*, Split);
template void softmax_grad(float*, const float*, const float*, Split);
template void softmax_grad(double*, const double*, const double*, Split);

}  // namespace xtape::kernels
