// Indexing along an axis: outer slices and bands of inner elements run in parallel, positions in order.
#include <xtape/ops/kernels/indexing.hpp>

#include <algorithm>

#include <xtape/ops/kernels/bands.hpp>

namespace xtape::kernels {

template <Real T>
void take(T* y, const T* x, const std::int64_t* indices, index_t count, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, count, [&](index_t o, index_t begin, index_t end) {
    for (index_t j = 0; j < count; ++j) {
      const T* from = x + (o * length + indices[j]) * inner;
      std::copy(from + begin, from + end, y + (o * count + j) * inner + begin);
    }
  });
}

template <Real T>
void take_add(T* y, const T* x, const std::int64_t* indices, index_t count, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, count, [&](index_t o, index_t begin, index_t end) {
    for (index_t j = 0; j < count; ++j) {
      const T* from = x + (o * count + j) * inner;
      T* to = y + (o * length + indices[j]) * inner;
      for (index_t i = begin; i < end; ++i) to[i] += from[i];
    }
  });
}

template <Real T>
void take_along_axis(T* y, const T* x, const std::int64_t* indices, index_t count, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, count, [&](index_t o, index_t begin, index_t end) {
    for (index_t j = 0; j < count; ++j) {
      const index_t row = (o * count + j) * inner;
      for (index_t i = begin; i < end; ++i) y[row + i] = x[(o * length + indices[row + i]) * inner + i];
    }
  });
}

template <Real T>
void take_along_axis_add(T* y, const T* x, const std::int64_t* indices, index_t count, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, count, [&](index_t o, index_t begin, index_t end) {
    for (index_t j = 0; j < count; ++j) {
      const index_t row = (o * count + j) * inner;
      for (index_t i = begin; i < end; ++i) y[(o * length + indices[row + i]) * inner + i] += x[row + i];
    }
  });
}

template void take(float*, const float*, const std::int64_t*, index_t, Split);
template void take(double*, const double*, const std::int64_t*, index_t, Split);
template void take_add(float*, const float*, const std::int64_t*, index_t, Split);
template void take_add(double*, const double*, const std::int64_t*, index_t, Split);
template void take_along_axis(float*, const float*, const std::int64_t*, index_t, Split);
template void take_along_axis(double*, const double*, const std::int64_t*, index_t, Split);
template void take_along_axis_add(float*, const float*, const std::int64_t*, index_t, Split);
template void take_along_axis_add(double*, const double*, const std::int64_t*, index_t, Split);

}  // namespace xtape::kernels
