// Stores past the caches by row kernels.
#pragma once

#include <xtape/core/parallel.hpp>
#include <xtape/core/stream_impl.hpp>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {

using detail::finish_streaming, detail::stream;

/// Elements of a cache line. Streamed stores should fill one after another.
template <Real T>
inline constexpr index_t line_size = 64 / sizeof(T);

/// Whether y, n elements in rows of `width`, should be streamed: it has at least `from` bytes, y is aligned
/// to a line, and its rows are made of whole lines.
template <Real T, std::size_t Width = detail::streamed_width>
bool should_stream(const T* y, index_t n, index_t width, index_t from = detail::streamed_bytes) {
  return width % line_size<T> == 0 && detail::should_stream<T, Width>(y, n, from);
}

/// Stores as usual; memory is near enough not to be asked for ahead.
struct UsualStore {
  template <Real T, class P>
  void operator()(T* y, const Batch<T>& value, P part) const {
    store(y, value, part);
  }
  template <Real T>
  void fetch(const T*) const {}
};

/// Stores past the caches, for rows that are read from as far away.
struct StreamedStore {
  template <Real T>
  void operator()(T* y, const Batch<T>& value, Whole) const {
    stream(y, value.data);
  }
  template <Real T>
  void operator()(T* y, const Batch<T>& value, Part part) const {
    store(y, value, part);
  }
  template <Real T>
  void fetch(const T* x) const {
    kernels::fetch(x + fetch_distance<T>);
  }
};

/// Calls body(put), where put(y, value, Whole or Part) stores, and put.fetch(x) asks for what a loop that is
/// at x reads later.
template <class Body>
void with_store(bool streamed, Body body) {
  if (!streamed) return body(UsualStore{});
  body(StreamedStore{});
  finish_streaming();
}

/// Calls body(begin, end, put) for blocks of y's rows, in parallel: put stores as with_store() has it, past
/// the caches where y has at least `from` bytes.
template <Real T, class Body>
void parallel_rows(T* y, index_t rows, index_t width, index_t grain, Body body,
                   index_t from = detail::streamed_bytes) {
  const bool streamed = should_stream(y, rows * width, width, from);
  parallel_for(rows, grain, [&](index_t begin, index_t end) {
    with_store(streamed, [&](auto put) { body(begin, end, put); });
  });
}

}  // namespace xtape::kernels
