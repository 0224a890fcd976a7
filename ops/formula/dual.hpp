// Dual numbers: a value and its derivative in one direction, so that a formula yields its own derivatives.
#pragma once

#include <algorithm>

#include <xtape/ops/formula/packet.hpp>
#include <xtape/ops/formula/probe.hpp>

namespace xtape::formula {

/// value + tangent * e, where e^2 = 0. Levels keep the directions of nested derivatives apart: a number of a
/// lower level is constant at this one, carries no tangent and costs none.
template <int Level, class V, class D>
struct Dual {
  V value;
  D tangent;
};

template <class X>
inline constexpr int level = 0;
template <int Level, class V, class D>
inline constexpr int level<Dual<Level, V, D>> = Level;

template <class X>
concept AnyDual = (level<X> > 0);

template <class X>
inline constexpr bool is_packet = false;
template <Real T, class Arch>
inline constexpr bool is_packet<Packet<T, Arch>> = true;
template <>
inline constexpr bool is_packet<Probe> = true;

/// A number that a formula may be called with.
template <class X>
concept Number = is_packet<X> || AnyDual<X>;

template <class X>
concept Operand = Number<X> || Constant<X>;

/// Operands of which one at least carries a tangent.
template <class... X>
concept Duals = (Operand<X> && ...) && (AnyDual<X> || ...);

/// Operands of which one at least is not a plain constant.
template <class... X>
concept Numbers = (Operand<X> && ...) && (Number<X> || ...);

template <class... X>
inline constexpr int top_level = std::max({level<X>...});

template <int Level, class V, class D>
Dual<Level, V, D> dual(const V& value, const D& tangent) {
  return {value, tangent};
}

/// The packet in which a value lies, whatever derivatives surround it.
template <Operand X>
auto plain(const X& x) {
  if constexpr (AnyDual<X>) {
    return plain(x.value);
  } else {
    return x;
  }
}

/// The packet type that a formula of these operands computes on.
template <Operand A, Operand B>
using PlainType = decltype(plain(std::declval<A>()) + plain(std::declval<B>()));

/// x, as a packet where it is a plain constant.
template <class P, Operand X>
auto lift(const X& x) {
  if constexpr (Constant<X>) {
    return P(x);
  } else {
    return x;
  }
}

template <int Level, Operand X>
auto value_at(const X& x) {
  if constexpr (level<X> == Level) {
    return x.value;
  } else {
    return x;
  }
}

/// The derivative of x at a level; the constant 0 where x has none.
template <int Level, Operand X>
auto tangent_at(const X& x) {
  if constexpr (level<X> == Level) {
    return x.tangent;
  } else {
    static_assert(level<X> < Level);
    return 0;
  }
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator+(const A& a, const B& b) {
  constexpr int L = top_level<A, B>;
  if constexpr (level<A> < L) {
    return dual<L>(a + b.value, b.tangent);
  } else if constexpr (level<B> < L) {
    return dual<L>(a.value + b, a.tangent);
  } else {
    return dual<L>(a.value + b.value, a.tangent + b.tangent);
  }
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator-(const A& a, const B& b) {
  constexpr int L = top_level<A, B>;
  if constexpr (level<A> < L) {
    return dual<L>(a - b.value, -b.tangent);
  } else if constexpr (level<B> < L) {
    return dual<L>(a.value - b, a.tangent);
  } else {
    return dual<L>(a.value - b.value, a.tangent - b.tangent);
  }
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator*(const A& a, const B& b) {
  constexpr int L = top_level<A, B>;
  if constexpr (level<A> < L) {
    return dual<L>(a * b.value, a * b.tangent);
  } else if constexpr (level<B> < L) {
    return dual<L>(a.value * b, a.tangent * b);
  } else {
    return dual<L>(a.value * b.value, a.tangent * b.value + a.value * b.tangent);
  }
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator/(const A& a, const B& b) {
  constexpr int L = top_level<A, B>;
  const auto y = value_at<L>(a) / value_at<L>(b);
  if constexpr (level<A> < L) {
    return dual<L>(y, -y * b.tangent / b.value);
  } else if constexpr (level<B> < L) {
    return dual<L>(y, a.tangent / b);
  } else {
    return dual<L>(y, (a.tangent - y * b.tangent) / b.value);
  }
}

template <AnyDual X>
X operator+(const X& x) {
  return x;
}

template <AnyDual X>
auto operator-(const X& x) {
  return dual<level<X>>(-x.value, -x.tangent);
}

// Comparisons look at values only.

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator<(const A& a, const B& b) {
  return plain(a) < plain(b);
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator<=(const A& a, const B& b) {
  return plain(a) <= plain(b);
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator>(const A& a, const B& b) {
  return plain(a) > plain(b);
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator>=(const A& a, const B& b) {
  return plain(a) >= plain(b);
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator==(const A& a, const B& b) {
  return plain(a) == plain(b);
}

template <Operand A, Operand B>
  requires Duals<A, B>
auto operator!=(const A& a, const B& b) {
  return plain(a) != plain(b);
}

/// a where the mask holds, else b. The derivative of the lane not taken is dropped, be it NaN or infinite.
template <class M, Operand A, Operand B>
  requires Duals<A, B>
auto select(const M& mask, const A& a, const B& b) {
  constexpr int L = top_level<A, B>;
  return dual<L>(select(mask, value_at<L>(a), value_at<L>(b)),
                 select(mask, tangent_at<L>(a), tangent_at<L>(b)));
}

/// slope * x, but 0 where slope is 0, even if x is infinite: for functions that level off faster than any x
/// that meets them grows.
template <Operand A, Operand B>
  requires Numbers<A, B>
auto vanishing_product(const A& slope, const B& x) {
  constexpr int L = top_level<A, B>;
  if constexpr (L == 0) {
    const PlainType<A, B> factor = slope;
    return select(factor == 0, 0, factor * x);
  } else if constexpr (level<A> < L) {
    return dual<L>(vanishing_product(slope, x.value), vanishing_product(slope, x.tangent));
  } else if constexpr (level<B> < L) {
    return dual<L>(vanishing_product(slope.value, x), vanishing_product(slope.tangent, x));
  } else {
    return dual<L>(vanishing_product(slope.value, x.value),
                   vanishing_product(slope.tangent, x.value) + vanishing_product(slope.value, x.tangent));
  }
}

/// The chain rule: y = f(x.value) with slope = f'(x.value), carried on in the direction of x.
template <AnyDual X, Operand Y, Operand S>
auto chain(const X& x, const Y& y, const S& slope) {
  return dual<level<X>>(y, slope * x.tangent);
}

/// The chain rule in two arguments: each slope is a function, called where its argument has a tangent.
template <Operand A, Operand B, Operand Y, class SlopeA, class SlopeB>
  requires Duals<A, B>
auto chain(const A& a, const B& b, const Y& y, SlopeA slope_a, SlopeB slope_b) {
  constexpr int L = top_level<A, B>;
  if constexpr (level<A> < L) {
    return dual<L>(y, slope_b() * b.tangent);
  } else if constexpr (level<B> < L) {
    return dual<L>(y, slope_a() * a.tangent);
  } else {
    return dual<L>(y, slope_a() * a.tangent + slope_b() * b.tangent);
  }
}

/// The chain rule of a function that levels off at infinity.
template <AnyDual X, Operand Y, Operand S>
auto vanishing_chain(const X& x, const Y& y, const S& slope) {
  return dual<level<X>>(y, vanishing_product(slope, x.tangent));
}

}  // namespace xtape::formula
