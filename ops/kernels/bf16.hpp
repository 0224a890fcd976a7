// bfloat16, the upper half of a float: 8 significant bits, all exponents.
#pragma once

#include <bit>
#include <cstdint>

#include <xtape/core/index.hpp>

namespace xtape::kernels {

struct Bf16 {
  std::uint16_t bits;
};

/// The nearest, of two the even one; NaN stays NaN.
inline Bf16 to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1), quiet = bits | 0x400000;
  return {static_cast<std::uint16_t>((x == x ? rounded : quiet) >> 16)};
}

inline float to_float(Bf16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }

}  // namespace xtape::kernels
