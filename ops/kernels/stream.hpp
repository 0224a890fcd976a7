// Stores past the caches, for results that are too large to be found there later.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {

/// Elements of a cache line. Streamed stores should fill one after another.
template <Real T>
inline constexpr index_t line_size = 64 / sizeof(T);

/// Bytes of a result whose beginning has left the caches when its end is written.
inline constexpr index_t streamed_bytes = index_t{32} << 20;

/// Whether y, n elements in rows of `width`, should be streamed. That spares the read which every line costs
/// before it is overwritten: a third of what a copy moves.
template <Real T>
bool should_stream(const T* y, index_t n, index_t width) {
  const bool aligned = std::bit_cast<std::uintptr_t>(y) % 64 == 0 && width % line_size<T> == 0;
  return (has_avx512 || has_avx) && aligned && n * static_cast<index_t>(sizeof(T)) >= streamed_bytes;
}

/// Writes a register to y, which is aligned to its size, past the caches where the processor can.
template <class V>
void stream(void* y, const V& value) {
  using Floats = typename Batch<float>::register_type;
  if constexpr (has_avx512) {
    _mm512_stream_ps(static_cast<float*>(y), std::bit_cast<Floats>(value));
  } else if constexpr (has_avx) {
    _mm256_stream_ps(static_cast<float*>(y), std::bit_cast<Floats>(value));
  } else {
    std::memcpy(y, &value, sizeof value);
  }
}

/// After it other threads see what this one streamed, as they see plain stores.
template <class T = float>
void finish_streaming() {
  if constexpr (has_avx512 || has_avx) _mm_sfence();
}

/// Calls body(put), where put(y, value, Whole or Part) stores: past the caches or as usual.
template <class Body>
void with_store(bool streamed, Body body) {
  if (!streamed) return body([](auto* y, const auto& value, auto part) { store(y, value, part); });
  body([](auto* y, const auto& value, auto part) {
    if constexpr (std::same_as<decltype(part), Whole>)
      stream(y, value.data);
    else
      store(y, value, part);
  });
  finish_streaming();
}

}  // namespace xtape::kernels
