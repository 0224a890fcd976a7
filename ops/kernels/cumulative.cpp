// Running results: each row is made from the one before it.
#include <xtape/ops/kernels/bands.hpp>
#include <xtape/ops/kernels/cumulative.hpp>

namespace xtape::kernels {

template <Real T>
void cumsum(T* y, const T* x, Split split, bool from_end) {
  const auto [outer, length, inner] = split;
  for_bands(split, length, [&](index_t o, index_t begin, index_t end) {
    for (index_t step = 0; step < length; ++step) {
      const index_t row = (o * length + (from_end ? length - 1 - step : step)) * inner;
      const index_t before = from_end ? row + inner : row - inner;
      for (index_t i = begin; i < end; ++i) y[row + i] = step == 0 ? x[row + i] : y[before + i] + x[row + i];
    }
  });
}

template <Real T>
void cumprod(T* y, const T* x, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, length, [&](index_t o, index_t begin, index_t end) {
    for (index_t l = 0; l < length; ++l) {
      const index_t row = (o * length + l) * inner;
      for (index_t i = begin; i < end; ++i)
        y[row + i] = l == 0 ? x[row + i] : y[row - inner + i] * x[row + i];
    }
  });
}

template <Real T>
void linear_recurrence(T* y, const T* a, const T* b, Split split, bool from_end) {
  const auto [outer, length, inner] = split;
  for_bands(split, length, [&](index_t o, index_t begin, index_t end) {
    for (index_t step = 0; step < length; ++step) {
      const index_t row = (o * length + (from_end ? length - 1 - step : step)) * inner;
      const index_t before = from_end ? row + inner : row - inner;
      const index_t factor = from_end ? before : row;
      for (index_t i = begin; i < end; ++i)
        y[row + i] = step == 0 ? b[row + i] : a[factor + i] * y[before + i] + b[row + i];
    }
  });
}

template void cumsum(float*, const float*, Split, bool);
template void cumsum(double*, const double*, Split, bool);
template void cumprod(float*, const float*, Split);
template void cumprod(double*, const double*, Split);
template void linear_recurrence(float*, const float*, const float*, Split, bool);
template void linear_recurrence(double*, const double*, const double*, Split, bool);

}  // namespace xtape::kernels
