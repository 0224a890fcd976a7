// Numbers held as an unevaluated sum of two packets: twice the precision, where one rounding would show.
#pragma once

#include <xtape/ops/formula/packet.hpp>

namespace xtape::formula {

template <Real T, class Arch>
struct DoubleWord {
  Packet<T, Arch> high, low;
};

template <class Arch>
inline constexpr bool fuses_products =
    std::is_base_of_v<xsimd::avx512f, Arch> || std::is_same_v<Arch, xsimd::fma3<xsimd::avx2>>;

/// a + b, exactly.
template <Real T, class Arch>
DoubleWord<T, Arch> exact_sum(Packet<T, Arch> a, Packet<T, Arch> b) {
  const auto sum = a + b;
  const auto from_b = sum - a;
  return {sum, (a - (sum - from_b)) + (b - from_b)};
}

/// a + b, exactly, where a is the larger or a power of two above it.
template <Real T, class Arch>
DoubleWord<T, Arch> exact_sum_ordered(Packet<T, Arch> a, Packet<T, Arch> b) {
  const auto sum = a + b;
  return {sum, b - (sum - a)};
}

/// The leading half of the significand.
template <Real T, class Arch>
Packet<T, Arch> leading_half(Packet<T, Arch> a) {
  using P = Packet<T, Arch>;
  using Word = typename P::Word;
  constexpr Word dropped = (Word{1} << (P::significand_bits / 2 + 1)) - 1;
  return P::from_bits(a.bits() & ~dropped);
}

/// a * b, exactly.
template <Real T, class Arch>
DoubleWord<T, Arch> exact_product(Packet<T, Arch> a, Packet<T, Arch> b) {
  const auto product = a * b;
  if constexpr (fuses_products<Arch>) {
    return {product, multiply_add(a, b, -product)};
  } else {
    const auto a1 = leading_half(a), a2 = a - a1;
    const auto b1 = leading_half(b), b2 = b - b1;
    return {product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
  }
}

}  // namespace xtape::formula
