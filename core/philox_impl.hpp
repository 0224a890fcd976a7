// Philox4x32-10 (Salmon et al. 2011): random 32-bit numbers as a function of seed and index alone.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <xtape/core/index.hpp>

namespace xtape {

namespace philox_detail {

/// The four words of `lanes` counters side by side, each in the low half of 64 bits: the multiplier's own
/// width, so that compilers vectorise. What the upper halves hold does not matter.
template <int lanes>
using Words = std::uint64_t[4][lanes];

template <int lanes>
inline void round(Words<lanes>& x, std::uint32_t key0, std::uint32_t key1) {
  for (int i = 0; i < lanes; ++i) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * static_cast<std::uint32_t>(x[0][i]);
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * static_cast<std::uint32_t>(x[2][i]);
    x[0][i] = (product1 >> 32) ^ x[1][i] ^ key0;
    x[2][i] = (product0 >> 32) ^ x[3][i] ^ key1;
    x[1][i] = product1;
    x[3][i] = product0;
  }
}

template <int lanes>
inline void ten_rounds(Words<lanes>& x, std::uint32_t key0, std::uint32_t key1) {
  for (int r = 0; r < 10; ++r, key0 += 0x9E3779B9, key1 += 0xBB67AE85) round<lanes>(x, key0, key1);
}

/// out[4 * i + word] for the counters first + i.
template <int lanes>
inline void run(std::uint32_t* out, std::uint64_t first, std::uint64_t seed) {
  Words<lanes> x;
  for (int i = 0; i < lanes; ++i) {
    const std::uint64_t counter = first + static_cast<std::uint64_t>(i);
    x[0][i] = counter;
    x[1][i] = counter >> 32;
    x[2][i] = x[3][i] = 0;
  }
  ten_rounds<lanes>(x, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
  for (int i = 0; i < lanes; ++i)
    for (int word = 0; word < 4; ++word) out[4 * i + word] = static_cast<std::uint32_t>(x[word][i]);
}

}  // namespace philox_detail

/// The four words for a 128-bit counter and a 64-bit key, least significant word first.
inline std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                           const std::array<std::uint32_t, 2>& key) {
  philox_detail::Words<1> x = {{counter[0]}, {counter[1]}, {counter[2]}, {counter[3]}};
  philox_detail::ten_rounds<1>(x, key[0], key[1]);
  const auto word = [&](int i) { return static_cast<std::uint32_t>(x[i][0]); };
  return {word(0), word(1), word(2), word(3)};
}

/// Numbers 4 * counter to 4 * counter + 3 of the stream that `seed` names.
inline std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t counter) {
  return philox({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
                {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

/// out[i] = number first + i of the stream that `seed` names, for i in [0, n): word (first + i) % 4 of
/// counter (first + i) / 4. Whole runs of counters from `first` on take 0.5 ns a number on AVX-512.
inline void philox_uint32(std::uint32_t* out, std::uint64_t first, index_t n, std::uint64_t seed) {
  constexpr int lanes = 32;
  std::uint64_t counter = first / 4;
  auto skip = static_cast<index_t>(first % 4);  // words of the first counter that come before `first`
  for (; skip == 0 && n >= 4 * lanes; n -= 4 * lanes, out += 4 * lanes, counter += lanes)
    philox_detail::run<lanes>(out, counter, seed);
  while (n > 0) {
    std::uint32_t some[4 * lanes];
    philox_detail::run<lanes>(some, counter, seed);
    const index_t count = std::min<index_t>(n, 4 * lanes - skip);
    std::copy_n(some + skip, count, out);
    n -= count, out += count, counter += lanes, skip = 0;
  }
}

/// Uniform in [0, 1), a multiple of 2^-24.
inline float uniform01(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

/// Uniform in [0, 1), a multiple of 2^-53.
inline double uniform01(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>((std::uint64_t{high} << 32 | low) >> 11) * 0x1p-53;
}

/// Dropout with probability p keeps element i iff number i of its stream is at least this. Nothing is kept
/// where p is 1.
inline std::uint64_t dropout_threshold(double p) {
  return static_cast<std::uint64_t>(std::llround(p * 0x1p32));
}

}  // namespace xtape
