// Stores past the caches, for results that are too large to be found there later.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __AVX__
#include <immintrin.h>
#endif

#include <xtape/core/index.hpp>

namespace xtape::detail {

/// Bytes that one store takes past the caches: those of the widest register, 0 where none can. Functions have
/// it among their template arguments, so that sources compiled for different processors keep their own.
#if defined(__AVX512F__)
inline constexpr std::size_t streamed_width = 64;
#elif defined(__AVX__)
inline constexpr std::size_t streamed_width = 32;
#else
inline constexpr std::size_t streamed_width = 0;
#endif

/// Bytes of a result whose beginning has left the caches when its end is written.
inline constexpr index_t streamed_bytes = index_t{32} << 20;

/// Whether y, n elements, should be streamed, whole cache lines one after another: y is aligned to a line and
/// has at least `from` bytes. That spares the read which every line costs before it is overwritten, a third
/// of what a copy moves.
template <Real T, std::size_t Width = streamed_width>
bool should_stream(const T* y, index_t n, index_t from = streamed_bytes) {
  const bool aligned = std::bit_cast<std::uintptr_t>(y) % 64 == 0;
  return Width > 0 && aligned && n * static_cast<index_t>(sizeof(T)) >= from;
}

/// Writes a register to y, which is aligned to its size, past the caches where the processor can.
template <class V, std::size_t = streamed_width>
void stream(void* y, const V& value) {
#if defined(__AVX512F__)
  _mm512_stream_si512(static_cast<__m512i*>(y), std::bit_cast<__m512i>(value));
#elif defined(__AVX__)
  _mm256_stream_si256(static_cast<__m256i*>(y), std::bit_cast<__m256i>(value));
#else
  std::memcpy(y, &value, sizeof value);
#endif
}

/// After it other threads see what this one streamed, as they see plain stores.
template <std::size_t = streamed_width>
void finish_streaming() {
#ifdef __AVX__
  _mm_sfence();
#endif
}

/// y = x past the caches, but for what is left behind the last whole register. y is aligned to 64 bytes. The
/// caller finishes streaming.
template <Real T, std::size_t Width = streamed_width>
void stream_copy(T* y, const T* x, index_t n) {
  using Register = std::array<T, std::max(Width, sizeof(T)) / sizeof(T)>;
  constexpr auto step = static_cast<index_t>(sizeof(Register) / sizeof(T));
  const index_t whole = n / step * step;
  for (index_t i = 0; i < whole; i += step) {
    Register value;
    std::memcpy(&value, x + i, sizeof value);
    stream(y + i, value);
  }
  std::copy(x + whole, x + n, y + whole);
}

}  // namespace xtape::detail
