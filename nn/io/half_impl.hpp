// Floating-point numbers of sixteen bits: IEEE's half (f16) and the upper half of a float (bf16).
#pragma once

#include <bit>
#include <cstdint>

namespace xtape::nn {

inline float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16, rest = bits & 0x7fffU;
  if (rest >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (rest & 0x3ffU) << 13);
  // The exponent's bias is 112 less than a float's: multiplying moves it, and normalises what is subnormal.
  const float magnitude = std::bit_cast<float>(rest << 13) * 0x1p112F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

/// Bits without the lowest `count`, rounded to the nearest, and to even where two are as near.
constexpr std::uint32_t rounded_shift(std::uint32_t bits, int count) {
  const std::uint32_t below_half = (1U << (count - 1)) - 1;
  return (bits + below_half + (bits >> count & 1)) >> count;
}

inline std::uint16_t to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (x != x) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);  // stays NaN whatever bits are lost
  return static_cast<std::uint16_t>(rounded_shift(bits, 16));
}

inline std::uint16_t to_f16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t sign = bits >> 16 & 0x8000U, rest = bits & 0x7fffffffU;
  const float magnitude = std::bit_cast<float>(rest);
  std::uint32_t y = rounded_shift(rest - 0x38000000U, 13);  // the exponent's bias is 112 less
  if (x != x)
    y = 0x7e00U;
  else if (magnitude >= 65520)  // rounds to what has no finite half
    y = 0x7c00U;
  else if (magnitude < 0x1p-14F)  // subnormal: the last digit of a sum with 0.5 is 2^-24, as a subnormal's
    y = std::bit_cast<std::uint32_t>(magnitude + 0.5F) - std::bit_cast<std::uint32_t>(0.5F);
  return static_cast<std::uint16_t>(sign | y);
}

}  // namespace xtape::nn
