// Sliding windows: one pass along the axis for each place of a window.
#include <xtape/ops/kernels/windows.hpp>

#include <algorithm>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

template <Real T>
void windows(T* y, const T* x, index_t rows, index_t length, Windows windows) {
  const auto [size, step, dilation, count] = windows;
  parallel_for(rows * size, rows_grain(count), [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const T* from = x + unit / size * length + unit % size * dilation;
      T* to = y + unit * count;
      if (step == 1)
        std::copy_n(from, count, to);
      else
        for (index_t w = 0; w < count; ++w) to[w] = from[w * step];
    }
  });
}

template <Real T>
void windows_add(T* y, const T* x, index_t rows, index_t length, Windows windows) {
  const auto [size, step, dilation, count] = windows;
  parallel_for(rows, rows_grain(size * count), [&](index_t begin, index_t end) {
    for (index_t unit = begin * size; unit < end * size; ++unit) {
      const T* from = x + unit * count;
      T* to = y + unit / size * length + unit % size * dilation;
      if (step == 1)
        for (index_t w = 0; w < count; ++w) to[w] += from[w];
      else
        for (index_t w = 0; w < count; ++w) to[w * step] += from[w];
    }
  });
}

template void windows(float*, const float*, index_t, index_t, Windows);
template void windows(double*, const double*, index_t, index_t, Windows);
template void windows_add(float*, const float*, index_t, index_t, Windows);
template void windows_add(double*, const double*, index_t, index_t, Windows);

}  // namespace xtape::kernels
