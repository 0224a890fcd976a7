// tanh, sinh and cosh on packets, and their derivatives.
#pragma once

#include <xtape/ops/formula/exponential.hpp>

namespace xtape::formula {

template <Real T, class Arch>
Packet<T, Arch> tanh(Packet<T, Arch> x) {
  const auto t = expm1(abs(x) * T(-2));
  return copysign(t / (t + T(2)), x);
}

template <Real T, class Arch>
Packet<T, Arch> sinh(Packet<T, Arch> x) {
  const auto size = abs(x);
  const auto t = expm1(size);
  const auto near = T(0.5) * (t + t / (t + T(1)));
  const auto half = half_exp(size);  // overflows no sooner than sinh
  return copysign(select(size < 1, near, half - T(0.25) / half), x);
}

template <Real T, class Arch>
Packet<T, Arch> cosh(Packet<T, Arch> x) {
  const auto half = half_exp(abs(x));
  return half + T(0.25) / half;
}

template <AnyDual X>
auto tanh(const X& x) {
  const auto y = tanh(x.value);
  return vanishing_chain(x, y, 1 - y * y);
}

template <AnyDual X>
auto sinh(const X& x) {
  return chain(x, sinh(x.value), cosh(x.value));
}

template <AnyDual X>
auto cosh(const X& x) {
  return chain(x, cosh(x.value), sinh(x.value));
}

}  // namespace xtape::formula
