// log_softmax along one axis, and its gradient.
#include <xtape/ops/kernels/exponential.hpp>
#include <xtape/ops/kernels/softmax.hpp>
#include <xtape/ops/kernels/softmax_rows.hpp>

namespace xtape::kernels {
namespace {

/// log(total), or 0 for a row without any weight.
template <Real T>
Batch<T> log_or_zero(const Batch<T>& total) {
  return xsimd::select(total == Batch<T>(T{0}), Batch<T>(T{0}), xsimd::log(total));
}

template <Real T>
RowSum<T> sum_of_exponentials(const T* x, index_t n) {
  const T top = row_top(x, n), finite = finite_top(top);
  const T total = reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    return exp_term(load(x + i, part, -infinity<T>) - finite);
  });
  return {top, total};
}

/// Meanwhile what comes next is fetched.
template <Real T, class Store>
void subtract(T* y, const T* x, index_t n, const RowSum<T>& row, Store put) {
  const T top = finite_top(row.top), log_total = row.total == T{0} ? T{0} : std::log(row.total);
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(x + i);
    put(y + i, (load(x + i, part, T{0}) - top) - log_total, part);
  });
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
    for (int k = 0; k < N; ++k) total[k] += exp_term(load(x + at + k * lanes<T>, part, T{0}) - top[k]);
  for (int k = 0; k < N; ++k) total[k] = log_or_zero<T>(total[k]);
  for (index_t at = 0; at < end; at += split.inner)
    for (int k = 0; k < N; ++k) {
      const index_t place = at + k * lanes<T>;
      store(y + place, (load(x + place, part, T{0}) - top[k]) - total[k], part);
    }
}

/// The sum of gy over a row, or over a piece, and whether anything in it was possible.
template <Real T>
struct GradientSum {
  T total;
  bool possible;
};

template <Real T>
GradientSum<T> gradient_sum(const T* gy, const T* y, index_t n) {
  const T total =
      reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) { return load(gy + i, part, T{0}); });
  return {total, !all_impossible(y, n)};
}

template <Real T>
GradientSum<T> added(const GradientSum<T>& a, const GradientSum<T>& b) {
  return {a.total + b.total, a.possible || b.possible};
}

/// Meanwhile what comes next is fetched.
template <Real T, class Store>
void gradient(T* gx, const T* gy, const T* y, index_t n, const GradientSum<T>& row, Store put) {
  if (!row.possible) {
    std::fill_n(gx, n, T{0});
    return;
  }
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(gy + i);
    put.fetch(y + i);
    put(gx + i, load(gy + i, part, T{0}) - exp_nonpositive(load(y + i, part, T{0})) * row.total, part);
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
      const Batch<T> g =
          load(gy + place, part, T{0}) - exp_nonpositive(load(y + place, part, T{0})) * total[k];
      store(gx + place, xsimd::select(top[k] == bottom, zero, g), part);
    }
}

}  // namespace

template <Real T>
void log_softmax(T* y, const T* x, Split split) {
  if (split.length == 0) return;
  if (split.inner == 1)
    return for_rows_in_pieces(
        y, split.outer, split.length, [&](index_t at, index_t n) { return sum_of_exponentials(x + at, n); },
        merged<T>,
        [&](index_t at, index_t n, const auto&, const auto& row, auto put) {
          subtract(y + at, x + at, n, row, put);
        });
  for_columns<T>(split, [&](index_t at, auto count, auto part) {
    log_softmax_columns(y + at, x + at, split, count, part);
  });
}

template <Real T>
void log_softmax_grad(T* gx, const T* gy, const T* y, Split split) {
  if (split.length == 0) return;
  if (split.inner == 1)
    return for_rows_in_pieces(
        gx, split.outer, split.length,
        [&](index_t at, index_t n) { return gradient_sum(gy + at, y + at, n); }, added<T>,
        [&](index_t at, index_t n, const auto&, const auto& row, auto put) {
          gradient(gx + at, gy + at, y + at, n, row, put);
        });
  for_columns<T>(split, [&](index_t at, auto count, auto part) {
    log_softmax_grad_columns(gx + at, gy + at, y + at, split, count, part);
  });
}

template void log_softmax(float*, const float*, Split);
template void log_softmax(double*, const double*, Split);
template void log_softmax_grad(float*, const float*, const float*, Split);
template void log_softmax_grad(double*, const double*, const double*, Split);

}  // namespace xtape::kernels
