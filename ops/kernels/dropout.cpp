// Dropout, a buffer of random numbers at a time.
#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/dropout.hpp>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {
namespace {

/// Elements treated at a time: few, so that memory is read and written while the next numbers are made.
constexpr index_t buffer_size = 256;

template <Real T>
void drop(T* y, const T* x, const std::uint16_t* halves, std::uint16_t bar, T scale, index_t n) {
  for (index_t i = 0; i < n; ++i) {
    const T grown = x[i] * scale;
    y[i] = halves[i] > bar ? grown : T{0};
  }
}

}  // namespace

template <Real T>
void dropout(T* y, const T* x, const DropoutMask& mask) {
  const auto scale = static_cast<T>(mask.scale());
  const bool streamed = detail::should_stream(y, mask.size());
  parallel_for(mask.size(), task_size, [&](index_t begin, index_t end) {
    alignas(64) std::uint16_t halves[buffer_size];
    alignas(64) T results[buffer_size];
    for (index_t at = begin; at < end; at += buffer_size) {
      const index_t count = std::min(buffer_size, end - at);
      for (index_t i = 0; streamed && i < count; i += line_size<T>) fetch(x + at + i + fetch_distance<T>);
      mask.fill(halves, at, count);
      drop(streamed ? results : y + at, x + at, halves, mask.bar(), scale, count);
      if (streamed) detail::stream_copy(y + at, results, count);
    }
    if (streamed) finish_streaming();
  });
}

template <Real T>
void dropout_naive(T* y, const T* x, const DropoutMask& mask) {
  for (index_t i = 0; i < mask.size(); ++i)
    y[i] = mask.keeps_naive(i) ? x[i] * static_cast<T>(mask.scale()) : T{0};
}

template void dropout(float*, const float*, const DropoutMask&);
template void dropout(double*, const double*, const DropoutMask&);
template void dropout_naive(float*, const float*, const DropoutMask&);
template void dropout_naive(double*, const double*, const DropoutMask&);

}  // namespace xtape::kernels
