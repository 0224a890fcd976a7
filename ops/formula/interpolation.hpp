// lerp: between two numbers along a straight line.
#pragma once

#include <limits>

#include <xtape/ops/formula/dual.hpp>

namespace xtape::formula {

/// a + weight (b - a), exactly a and b at the ends; by parts where the distance is not finite.
template <Operand A, Operand B, Operand W>
  requires Numbers<A, B, W>
auto lerp(const A& a, const B& b, const W& weight) {
  using P = decltype(plain(a + b + weight));
  const auto w = lift<P>(weight);
  const auto distance = b - a;
  const auto rest = 1 - w;
  const auto near = select(plain(w) < 0.5, a + w * distance, b - rest * distance);
  const auto by_parts = vanishing_product(rest, a) + vanishing_product(w, b);
  return select(abs(P(plain(distance))) < std::numeric_limits<double>::infinity(), near, by_parts);
}

}  // namespace xtape::formula
