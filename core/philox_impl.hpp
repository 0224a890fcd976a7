// Philox4x32-10 (Salmon et al. 2011): random 32-bit numbers as a function of seed and index alone.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include <xtape/core/index.hpp>

namespace xtape {

/// A seed's keys for ten rounds, two for each.
struct PhiloxKeys {
  std::uint64_t word[10][2];
};

// Sources that are compiled for different processors keep their own.
#ifdef __AVX512F__
inline namespace with_avx512 {
#else
inline namespace without_avx512 {
#endif

inline PhiloxKeys philox_keys(std::uint64_t seed) {
  PhiloxKeys keys;
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (auto& round : keys.word) {
    round[0] = key0, round[1] = key1;
    key0 += 0x9E3779B9, key1 += 0xBB67AE85;
  }
  return keys;
}

namespace philox_detail {

/// Eight words, each in the low half of a lane. That is the width of the multiplier's results; what the upper
/// halves hold does not matter.
typedef std::uint64_t Words __attribute__((vector_size(64)));

/// y = the low half of x times the factor.
inline void multiply_low(std::uint64_t& y, std::uint64_t x, std::uint32_t factor) {
  y = (x & 0xFFFFFFFF) * std::uint64_t{factor};
}
inline void multiply_low(Words& y, const Words& x, std::uint32_t factor) {
#ifdef __AVX512F__  // one instruction, which g++ 12 does not find in the line below
  y = Words(_mm512_maskz_mul_epu32(0xff, __m512i(x), _mm512_set1_epi64(factor)));
#else
  y = (x & 0xFFFFFFFF) * std::uint64_t{factor};
#endif
}

template <class W>
inline void round(W (&x)[4], std::uint64_t key0, std::uint64_t key1) {
  W product0, product1;
  multiply_low(product0, x[0], 0xD2511F53);
  multiply_low(product1, x[2], 0xCD9E8D57);
  x[0] = (product1 >> 32) ^ x[1] ^ key0;
  x[2] = (product0 >> 32) ^ x[3] ^ key1;
  x[1] = product1;
  x[3] = product0;
}

/// Calls body(0) to body(N - 1), written out one by one: so vectors of an array stay in registers.
template <int N, class Body>
inline void unrolled(Body body) {
  [&]<int... I>(std::integer_sequence<int, I...>) { (body(I), ...); }(std::make_integer_sequence<int, N>{});
}

/// Ten rounds for each of N counters, or vectors of counters, which hide each other's latency.
template <class W, int N>
inline void ten_rounds(W (&x)[N][4], const PhiloxKeys& keys) {
  unrolled<10>([&](int r) { unrolled<N>([&](int i) { round(x[i], keys.word[r][0], keys.word[r][1]); }); });
}

/// Writes words 0 to 3 of each of the eight counters of x, counter after counter.
inline void interleave(void* out, const Words (&x)[4]) {
  constexpr std::uint64_t low = 0xFFFFFFFF;
  const Words first = (x[0] & low) | (x[1] << 32), second = (x[2] & low) | (x[3] << 32);
  const Words numbers[2] = {__builtin_shufflevector(first, second, 0, 8, 1, 9, 2, 10, 3, 11),
                            __builtin_shufflevector(first, second, 4, 12, 5, 13, 6, 14, 7, 15)};
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(out, numbers, sizeof numbers);
}

/// The words of N vectors of eight counters.
template <class Word, int N>
inline constexpr index_t run_size = 8 * N * 16 / sizeof(Word);

/// Writes the words of N vectors of eight counters, from `counter` on.
template <int N>
inline void run(void* out, std::uint64_t counter, const PhiloxKeys& keys) {
  Words x[N][4];
  unrolled<N>([&](int i) {
    const Words counters = Words{0, 1, 2, 3, 4, 5, 6, 7} + (counter + 8 * static_cast<std::uint64_t>(i));
    x[i][0] = counters, x[i][1] = counters >> 32, x[i][2] = x[i][3] = Words{};
  });
  ten_rounds(x, keys);
  unrolled<N>([&](int i) { interleave(static_cast<char*>(out) + i * run_size<char, 1>, x[i]); });
}

}  // namespace philox_detail

/// The four words for a 128-bit counter and a 64-bit key, least significant word first.
inline std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key) {
  std::uint64_t x[1][4] = {{counter[0], counter[1], counter[2], counter[3]}};
  philox_detail::ten_rounds(x, philox_keys(std::uint64_t{key[1]} << 32 | key[0]));
  const auto word = [&](int i) { return static_cast<std::uint32_t>(x[0][i]); };
  return {word(0), word(1), word(2), word(3)};
}

/// Numbers 4 * counter to 4 * counter + 3 of the stream that `seed` names.
inline std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t counter) {
  return philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
                {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

/// out[i] = word at + i of a stream from its number `first` on, for i in [0, n): its 32-bit numbers, of which
/// a counter gives four, or their halves, the lower one first. 0.35 ns a number on AVX-512 where many are
/// asked for.
template <class Word>
void philox_words(Word* out, std::uint64_t first, index_t at, index_t n, const PhiloxKeys& keys) {
  using philox_detail::run, philox_detail::run_size;
  constexpr index_t words = 16 / sizeof(Word);  // of a counter
  at += static_cast<index_t>(first % 4) * (words / 4);
  std::uint64_t counter = first / 4 + static_cast<std::uint64_t>(at / words);
  index_t skip = at % words;  // words of the first counter that come before those asked for
  while (n > 0) {
    index_t count = run_size<Word, 4>;
    if (skip == 0 && n >= count) {
      run<4>(out, counter, keys);
    } else {
      count = std::min(n, run_size<Word, 1> - skip);
      Word some[run_size<Word, 1>];
      run<1>(some, counter, keys);
      std::copy_n(some + skip, count, out);
    }
    n -= count, out += count, counter += static_cast<std::uint64_t>((skip + count) / words), skip = 0;
  }
}

/// Uniform in [0, 1), a multiple of 2^-24.
inline float uniform01(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

/// Uniform in [0, 1), a multiple of 2^-53.
inline double uniform01(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>((std::uint64_t{high} << 32 | low) >> 11) * 0x1p-53;
}

}  // inline namespace

}  // namespace xtape
