// max, min, clip and relu: choices between numbers; the derivative is that of the number chosen.
#pragma once

#include <xtape/ops/formula/dual.hpp>

namespace xtape::formula {

/// The larger, NaN where either is. Where they are equal, each gets half of the gradient.
template <Operand A, Operand B>
  requires Numbers<A, B>
auto max(const A& a, const B& b) {
  const PlainType<A, B> x = plain(a);
  const auto larger = select((x > plain(b)) | is_nan(x), a, b);
  if constexpr (Duals<A, B>) {
    return select(x == plain(b), 0.5 * (a + b), larger);
  } else {
    return larger;
  }
}

/// The smaller, NaN where either is. Where they are equal, each gets half of the gradient.
template <Operand A, Operand B>
  requires Numbers<A, B>
auto min(const A& a, const B& b) {
  return -max(-a, -b);
}

/// min(max(x, low), high), but the gradient at the bounds goes to x alone. NaN where any of the three is.
template <Operand X, Operand A, Operand B>
  requires Numbers<X, A, B>
auto clip(const X& x, const A& low, const B& high) {
  const PlainType<X, A> least = plain(low);
  const PlainType<X, B> most = plain(high);
  const auto y = select((x < low) | is_nan(least), low, x);
  return select((y > high) | is_nan(most), high, y);
}

/// The same with derivative 0 at the bounds.
template <Number X>
auto hard_tanh(const X& x, double low, double high) {
  return select(x <= low, low, select(x >= high, high, x));
}

/// max(x, 0) with derivative 0 at 0. NaN stays.
template <Number X>
auto relu(const X& x) {
  return select(x <= 0, 0, x);
}

}  // namespace xtape::formula
