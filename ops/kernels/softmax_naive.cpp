// softmax, log_softmax and their gradients by plain loops.
#include <algorithm>
#include <cmath>
#include <utility>

#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/softmax.hpp>

namespace xtape::kernels {
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

template void softmax_naive(float*, const float*, Split);
template void softmax_naive(double*, const double*, Split);
template void log_softmax_naive(float*, const float*, Split);
template void log_softmax_naive(double*, const double*, Split);
template void softmax_grad_naive(float*, const float*, const float*, Split);
template void softmax_grad_naive(double*, const double*, const double*, Split);
template void log_softmax_grad_naive(float*, const float*, const float*, Split);
template void log_softmax_grad_naive(double*, const double*, const double*, Split);

}  // namespace xtape::kernels
