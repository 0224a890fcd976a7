// Running results: each row is made from the one before it.
#include <xtape/ops/kernels/bands.hpp>
#include <xtape/ops/kernels/cumulative.hpp>

namespace xtape::kernels {
namespace {

/// Calls first(i) for each place of the first row, or the last from the end, then next(i, before) for those
/// of the others, in order; `before` is the same place in the row before.
template <class First, class Next>
void for_rows_in_order(Split split, bool from_end, First first, Next next) {
  const auto [outer, length, inner] = split;
  for_bands(split, length, [&](index_t o, index_t begin, index_t end) {
    const index_t step = from_end ? -inner : inner;
    index_t row = (o * length + (from_end ? length - 1 : 0)) * inner;
    for (index_t i = row + begin; i < row + end; ++i) first(i);
    if (inner == 1) {  // a loop for each place would cost more than the place
      for (index_t l = 1; l < length; ++l, row += step) next(row + step, row);
      return;
    }
    for (index_t l = 1; l < length; ++l) {
      row += step;
      for (index_t i = row + begin; i < row + end; ++i) next(i, i - step);
    }
  });
}

}  // namespace

template <Real T>
void cumsum(T* y, const T* x, Split split, bool from_end) {
  for_rows_in_order(
      split, from_end, [=](index_t i) { y[i] = x[i]; },
      [=](index_t i, index_t before) { y[i] = y[before] + x[i]; });
}

template <Real T>
void cumprod(T* y, const T* x, Split split) {
  for_rows_in_order(
      split, false, [=](index_t i) { y[i] = x[i]; },
      [=](index_t i, index_t before) { y[i] = y[before] * x[i]; });
}

template <Real T>
void linear_recurrence(T* y, const T* a, const T* b, Split split, bool from_end) {
  for_rows_in_order(
      split, from_end, [=](index_t i) { y[i] = b[i]; },
      [=](index_t i, index_t before) { y[i] = a[from_end ? before : i] * y[before] + b[i]; });
}

template void cumsum(float*, const float*, Split, bool);
template void cumsum(double*, const double*, Split, bool);
template void cumprod(float*, const float*, Split);
template void cumprod(double*, const double*, Split);
template void linear_recurrence(float*, const float*, const float*, Split, bool);
template void linear_recurrence(double*, const double*, const double*, Split, bool);

}  // namespace xtape::kernels
