// Dropout, a buffer of random numbers at a time.
#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/core/philox_impl.hpp>
#include <xtape/ops/kernels/dropout.hpp>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {
namespace {

/// Elements treated at a time: few, so that memory is read and written while the next numbers are made.
constexpr index_t buffer_size = 128;

template <Real T>
void drop(T* y, const T* x, const std::uint32_t* random, std::uint32_t bar, T scale, index_t n) {
  for (index_t i = 0; i < n; ++i) {
    const T kept = x[i] * scale;
    y[i] = random[i] >= bar ? kept : T{0};
  }
}

}  // namespace

template <Real T>
void dropout(T* y, const T* x, double p, std::uint64_t seed, std::uint64_t first, index_t n) {
  const std::uint64_t threshold = dropout_threshold(p);
  if (threshold >> 32) {
    std::fill_n(y, n, T{0});
    return;
  }
  const auto bar = static_cast<std::uint32_t>(threshold);
  const T scale = static_cast<T>(1 / (1 - p));
  const PhiloxKeys keys(seed);
  const bool streamed = detail::should_stream(y, n);
  parallel_for(n, task_size, [&](index_t begin, index_t end) {
    alignas(64) std::uint32_t random[buffer_size];
    alignas(64) T results[buffer_size];
    for (index_t at = begin; at < end; at += buffer_size) {
      const index_t count = std::min(buffer_size, end - at);
      for (index_t i = 0; streamed && i < count; i += line_size<T>) fetch(x + at + i + fetch_distance<T>);
      philox_uint32(random, first + static_cast<std::uint64_t>(at), count, keys);
      drop(streamed ? results : y + at, x + at, random, bar, scale, count);
      if (streamed) detail::stream_copy(y + at, results, count);
    }
    if (streamed) finish_streaming();
  });
}

template <Real T>
void dropout_naive(T* y, const T* x, double p, std::uint64_t seed, std::uint64_t first, index_t n) {
  for (index_t i = 0; i < n; ++i) {
    const std::uint64_t number = first + static_cast<std::uint64_t>(i);
    const bool keep = philox(seed, number / 4)[number % 4] >= dropout_threshold(p);
    y[i] = keep ? x[i] * static_cast<T>(1 / (1 - p)) : 0;
  }
}

template void dropout(float*, const float*, double, std::uint64_t, std::uint64_t, index_t);
template void dropout(double*, const double*, double, std::uint64_t, std::uint64_t, index_t);
template void dropout_naive(float*, const float*, double, std::uint64_t, std::uint64_t, index_t);
template void dropout_naive(double*, const double*, double, std::uint64_t, std::uint64_t, index_t);

}  // namespace xtape::kernels
