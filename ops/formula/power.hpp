// sqrt, rsqrt, square, reciprocal and pow on packets, and their derivatives.
#pragma once

#include <xtape/ops/formula/double_word.hpp>
#include <xtape/ops/formula/exponential.hpp>
#include <xtape/ops/formula/rounding.hpp>

namespace xtape::formula {

template <Number X>
auto square(const X& x) {
  return x * x;
}

template <Number X>
auto reciprocal(const X& x) {
  return 1 / x;
}

template <Number X>
auto rsqrt(const X& x) {
  return 1 / sqrt(x);
}

template <AnyDual X>
auto sqrt(const X& x) {
  const auto y = sqrt(x.value);
  return dual<level<X>>(y, 0.5 * x.tangent / y);
}

template <AnyDual X>
auto rsqrt(const X& x) {
  const auto y = rsqrt(x.value);
  return dual<level<X>>(y, -0.5 * (y / x.value) * x.tangent);
}

template <class T>
struct PowConstants;

/// log(m) = 2 s + s^3 (2/3 + z l(z)) with s = (m - 1) / (m + 1), z = s^2; the minimax polynomials l, and what
/// rounding 2/3 drops.
template <>
struct PowConstants<float> {
  static constexpr float two_thirds = 0.666666687f, two_thirds_low = -1.98682155e-08f;
  static constexpr std::array l = {0.400001556f, 0.285466313f, 0.234310076f};
};

template <>
struct PowConstants<double> {
  static constexpr double two_thirds = 0.66666666666666663, two_thirds_low = 3.700743415417188e-17;
  static constexpr std::array l = {0.4000000000000242,  0.28571428570016705, 0.22222222535361538,
                                   0.18181782965180437, 0.15386824042756017, 0.13255219163374643,
                                   0.13211548355094552};
};

/// log(x) to one and a half times the precision of T, for positive x.
template <Real T, class Arch>
DoubleWord<T, Arch> precise_log(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = PowConstants<T>;
  const auto [n, m] = log_parts(x);

  const P f = m - T(1);
  const auto d = exact_sum_ordered(P(1), m);
  const P s = f / d.high;
  const auto s_d = exact_product(s, d.high);
  const P s_low = (((f - s_d.high) - s_d.low) - s * d.low) / d.high;

  const auto z = exact_product(s, s);
  const auto cube = exact_product(s, z.high);
  const P cube_low = cube.low + s * z.low + 3 * (z.high * s_low);
  const auto term = exact_product(cube.high, P(C::two_thirds));
  const P tail = term.low + cube_low * C::two_thirds +
                 cube.high * (C::two_thirds_low + z.high * polynomial(z.high, C::l));

  const auto a = exact_sum(n * ExpConstants<T>::ln2_high, 2 * s);
  const auto b = exact_sum(a.high, term.high);
  const P low = (a.low + b.low) + (n * ExpConstants<T>::ln2_low + (2 * s_low + tail));
  return exact_sum_ordered(b.high, low);
}

/// |x|^y, but NaN where log |x| is 0 and y infinite, or the other way round.
template <Real T, class Arch>
Packet<T, Arch> pow_of_size(Packet<T, Arch> size, Packet<T, Arch> y) {
  using P = Packet<T, Arch>;
  const auto log_x = precise_log(size);
  const auto power = exact_product(y, log_limits(size, log_x.high));
  const P low = power.low + y * log_x.low;
  return exp_within_range(bound(power.high),
                          select(abs(power.high) < 2 * ExpConstants<T>::highest, low, P(0)));
}

/// x^y with the special cases of C's pow.
template <Real T, class Arch>
Packet<T, Arch> pow(Packet<T, Arch> x, Packet<T, Arch> y) {
  using P = Packet<T, Arch>;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const P size = abs(x);
  const P z = pow_of_size(size, y);
  const P half = y * T(0.5);
  const auto integer = round(y) == y;
  const auto odd = integer & (round(half) != half);
  const auto one = (y == 0) | (x == 1) | ((size == 1) & (abs(y) == infinity));
  const auto undefined = (x < 0) & (size < infinity) & !integer;
  return select(one, 1,
                select(undefined, std::numeric_limits<T>::quiet_NaN(), select(odd, copysign(z, x), z)));
}

template <Real T, class Arch, Constant S>
Packet<T, Arch> pow(Packet<T, Arch> x, S y) {
  return pow(x, Packet<T, Arch>(y));
}

template <Real T, class Arch, Constant S>
Packet<T, Arch> pow(S x, Packet<T, Arch> y) {
  return pow(Packet<T, Arch>(x), y);
}

template <AnyDual X, Constant S>
auto pow(const X& x, S y) {
  const auto exponent = static_cast<double>(y);
  return chain(x, pow(x.value, exponent), vanishing_product(exponent, pow(x.value, exponent - 1)));
}

/// The derivative in x counts as 0 where y is 0, and the one in y where x is 0 and y is not negative.
template <Operand A, Number B>
  requires Duals<A, B>
auto pow(const A& x, const B& y) {
  constexpr int L = top_level<A, B>;
  const auto base = lift<PlainType<A, B>>(value_at<L>(x));
  const auto exponent = value_at<L>(y);
  const auto z = pow(base, exponent);
  return chain(
      x, y, z, [&] { return vanishing_product(exponent, pow(base, exponent - 1)); },
      [&] { return select((plain(base) == 0) & (plain(exponent) >= 0), 0, z * log(base)); });
}

}  // namespace xtape::formula
