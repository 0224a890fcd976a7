// abs, sign, floor, ceil and round: piecewise linear functions, with derivatives that are constant or zero.
#pragma once

#include <xtape/ops/formula/dual.hpp>

namespace xtape::formula {

/// -1, 0 or 1. NaN stays.
template <Real T, class Arch>
Packet<T, Arch> sign(Packet<T, Arch> x) {
  return select((x > 0) | (x < 0), copysign(Packet<T, Arch>(1), x), x);
}

/// To the nearest integer, halves to the even one.
template <Real T, class Arch>
Packet<T, Arch> round(Packet<T, Arch> x) {
  constexpr T all_integers = static_cast<T>(std::uint64_t{1} << Packet<T, Arch>::significand_bits);
  const auto size = abs(x);
  return select(size < all_integers, copysign((size + all_integers) - all_integers, x), x);
}

template <Real T, class Arch>
Packet<T, Arch> floor(Packet<T, Arch> x) {
  const auto y = round(x);
  return select(y > x, y - 1, y);
}

template <Real T, class Arch>
Packet<T, Arch> ceil(Packet<T, Arch> x) {
  return -floor(-x);
}

template <AnyDual X>
auto sign(const X& x) {
  return sign(plain(x));
}

template <AnyDual X>
auto floor(const X& x) {
  return floor(plain(x));
}

template <AnyDual X>
auto ceil(const X& x) {
  return ceil(plain(x));
}

template <AnyDual X>
auto round(const X& x) {
  return round(plain(x));
}

template <AnyDual X>
auto abs(const X& x) {
  return chain(x, abs(x.value), sign(plain(x)));
}

}  // namespace xtape::formula
