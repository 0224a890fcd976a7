// Cross-entropy: the probabilities are never stored, forward keeps two numbers a row.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/cross_entropy.hpp>
#include <xtape/ops/kernels/exponential.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/softmax_rows.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {
namespace {

/// The loss of a row whose largest value is `largest`; returns the largest value of the row at `next`.
template <Real T>
T loss_of_row(T& loss, T* logsumexp, const T* x, T largest, index_t target, T smoothing, index_t n,
              const T* next) {
  assert(0 <= target && target < n);
  const T top = finite_top(largest);
  const auto [total, next_largest] = sum_and_next_top(
      n, next, [&](index_t i, auto part) { return exp_term(load(x + i, part, -infinity<T>) - top); });
  const T log_total = total == T{0} ? T{0} : std::log(total);
  logsumexp[0] = top;
  logsumexp[1] = log_total;
  loss = (T{1} - smoothing) * (log_total - (x[target] - top));
  if (smoothing == T{0}) return next_largest;
  const T sum =
      reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) { return load(x + i, part, top) - top; });
  loss += smoothing * (log_total - sum / static_cast<T>(n));
  return next_largest;
}

/// x, one lane of which is less by y.
template <Real T>
Batch<T> lessened(const Batch<T>& x, index_t lane, T y) {
  T values[lanes<T>];
  x.store_unaligned(values);
  values[lane] -= y;
  return Batch<T>::load_unaligned(values);
}

template <Real T, class Store>
void gradient_of_row(T* gx, T gy, const T* x, const T* logsumexp, index_t target, T smoothing, index_t n,
                     Store put) {
  assert(0 <= target && target < n);
  if (all_impossible(x, n)) {
    std::fill_n(gx, n, T{0});
    return;
  }
  const T spread = smoothing / static_cast<T>(n), top = logsumexp[0], log_total = logsumexp[1];
  for_batches<T>(n, [&](index_t i, auto part) {
    put.fetch(x + i);
    const Batch<T> p = exp_nonpositive((load(x + i, part, T{0}) - top) - log_total);
    Batch<T> g = (p - spread) * gy;
    if (i <= target && target < i + lanes<T>) g = lessened(g, target - i, (T{1} - smoothing) * gy);
    put(gx + i, g, part);
  });
}

}  // namespace

template <Real T>
void cross_entropy(T* loss, T* logsumexp, const T* x, ClassTargets targets, index_t rows, index_t classes) {
  parallel_for(rows, rows_grain(classes), [&](index_t begin, index_t end) {
    const auto kept_from = [&](index_t r) {
      for (; r < end && targets.index[r] == targets.ignore_index; ++r)
        loss[r] = logsumexp[2 * r] = logsumexp[2 * r + 1] = T{0};
      return r;
    };
    index_t r = kept_from(begin);
    T largest = r < end ? row_top(x + r * classes, classes) : T{0};
    while (r < end) {
      const index_t next = kept_from(r + 1);
      largest =
          loss_of_row(loss[r], logsumexp + 2 * r, x + r * classes, largest, targets.index[r],
                      static_cast<T>(targets.smoothing), classes, x + (next < end ? next : r) * classes);
      r = next;
    }
  });
}

template <Real T>
void cross_entropy_grad(T* gx, const T* gy, index_t gy_step, const T* x, const T* logsumexp,
                        ClassTargets targets, index_t rows, index_t classes) {
  parallel_rows(gx, rows, classes, rows_grain(classes), [&](index_t begin, index_t end, auto put) {
    for (index_t r = begin; r < end; ++r) {
      T* const row = gx + r * classes;
      if (targets.index[r] == targets.ignore_index)
        std::fill_n(row, classes, T{0});
      else
        gradient_of_row(row, gy[r * gy_step], x + r * classes, logsumexp + 2 * r, targets.index[r],
                        static_cast<T>(targets.smoothing), classes, put);
    }
  });
}

template <Real T>
LossTotal total_loss(const T* loss, ClassTargets targets, index_t rows) {
  LossTotal total{0, 0};
  for (index_t r = 0; r < rows; ++r) {
    if (targets.index[r] == targets.ignore_index) continue;
    total.sum += static_cast<double>(loss[r]);
    ++total.kept;
  }
  return total;
}

template <Real T>
void cross_entropy_naive(T* loss, T* logsumexp, const T* x, ClassTargets targets, index_t rows,
                         index_t classes) {
  for (index_t r = 0; r < rows; ++r) {
    const T* row = x + r * classes;
    loss[r] = logsumexp[2 * r] = logsumexp[2 * r + 1] = 0;
    if (targets.index[r] == targets.ignore_index) continue;
    T top = -infinity<T>, total = 0;
    for (index_t v = 0; v < classes; ++v) top = std::max(top, row[v]);
    if (top == -infinity<T>) top = 0;
    for (index_t v = 0; v < classes; ++v) total += std::exp(row[v] - top);
    logsumexp[2 * r] = top;
    logsumexp[2 * r + 1] = total == 0 ? 0 : std::log(total);
    const T whole = logsumexp[2 * r] + logsumexp[2 * r + 1];
    const T smoothing = static_cast<T>(targets.smoothing);
    loss[r] = (1 - smoothing) * (whole - row[targets.index[r]]);
    for (index_t v = 0; smoothing != 0 && v < classes; ++v)
      loss[r] += smoothing / static_cast<T>(classes) * (whole - row[v]);
  }
}

template <Real T>
void cross_entropy_grad_naive(T* gx, const T* gy, index_t gy_step, const T* x, const T* logsumexp,
                              ClassTargets targets, index_t rows, index_t classes) {
  for (index_t r = 0; r < rows; ++r) {
    const T* row = x + r * classes;
    const bool kept = targets.index[r] != targets.ignore_index && !all_impossible(row, classes);
    const T smoothing = static_cast<T>(targets.smoothing);
    for (index_t v = 0; v < classes; ++v) {
      const T wanted = (v == targets.index[r] ? 1 - smoothing : 0) + smoothing / static_cast<T>(classes);
      const T p = std::exp(row[v] - logsumexp[2 * r] - logsumexp[2 * r + 1]);
      gx[r * classes + v] = kept ? gy[r * gy_step] * (p - wanted) : 0;
    }
  }
}

template void cross_entropy(float*, float*, const float*, ClassTargets, index_t, index_t);
template void cross_entropy(double*, double*, const double*, ClassTargets, index_t, index_t);
template void cross_entropy_grad(float*, const float*, index_t, const float*, const float*, ClassTargets,
                                 index_t, index_t);
template void cross_entropy_grad(double*, const double*, index_t, const double*, const double*, ClassTargets,
                                 index_t, index_t);
template LossTotal total_loss(const float*, ClassTargets, index_t);
template LossTotal total_loss(const double*, ClassTargets, index_t);
template void cross_entropy_naive(float*, float*, const float*, ClassTargets, index_t, index_t);
template void cross_entropy_naive(double*, double*, const double*, ClassTargets, index_t, index_t);
template void cross_entropy_grad_naive(float*, const float*, index_t, const float*, const float*,
                                       ClassTargets, index_t, index_t);
template void cross_entropy_grad_naive(double*, const double*, index_t, const double*, const double*,
                                       ClassTargets, index_t, index_t);

}  // namespace xtape::kernels
