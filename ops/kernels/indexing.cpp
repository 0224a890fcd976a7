// Indexing along an axis: outer slices and bands of inner elements run in parallel, positions in order.
#include <xtape/ops/kernels/indexing.hpp>

#include <algorithm>

#include <xtape/core/parallel.hpp>

namespace xtape::kernels {
namespace {

/// Calls body(o, begin, end) for bands [begin, end) of the inner axis of each outer slice.
template <class Body>
void for_bands(Split split, index_t count, Body body) {
  if (split.inner == 0 || count == 0) return;
  constexpr index_t band = 1024;
  const index_t bands = block_count(split.inner, band);
  parallel_for(split.outer * bands, rows_grain(count * std::min(band, split.inner)),
               [&](index_t first, index_t last) {
                 for (index_t unit = first; unit < last; ++unit) {
                   const index_t begin = unit % bands * band;
                   body(unit / bands, begin, std::min(begin + band, split.inner));
                 }
               });
}

}  // namespace

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

template void take(float*, const float*, const std::int64_t*, index_t, Split);
template void take(double*, const double*, const std::int64_t*, index_t, Split);
template void take_add(float*, const float*, const std::int64_t*, index_t, Split);
template void take_add(double*, const double*, const std::int64_t*, index_t, Split);
template void take_along_axis(float*, const float*, const std::int64_t*, index_t, Split);
template void take_along_axis(double*, const double*, const std::int64_t*, index_t, Split);
template void take_along_axis_add(float*, const float*, const std::int64_t*, index_t, Split);
template void take_along_axis_add(double*, const double*, const std::int64_t*, index_t, Split);
template void cumsum(float*, const float*, Split, bool);
template void cumsum(double*, const double*, Split, bool);

}  // namespace xtape::kernels
