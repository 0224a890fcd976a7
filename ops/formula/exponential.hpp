// exp, expm1, log, log1p, log2 on packets, and their derivatives.
#pragma once

#include <xtape/ops/formula/dual.hpp>

namespace xtape::formula {

template <class T>
struct ExpConstants;

/// ln 2 in two parts, the first short enough that n times it is exact; and minimax polynomials q on
/// |r| <= ln(2) / 2: e^r = 1 + r + r^2 q(r).
template <>
struct ExpConstants<float> {
  static constexpr float log2_e = 1.44269504f, ln2_high = 0.693145752f, ln2_low = 1.42860677e-06f;
  static constexpr float lowest = -110, highest = 89, lowest_expm1 = -20;
  static constexpr std::array q = {0.5f, 0.166665331f, 0.0416662507f, 0.00836792309f, 0.00139487674f};
};

template <>
struct ExpConstants<double> {
  static constexpr double log2_e = 1.4426950408889634, ln2_high = 0.69314718048553914;
  static constexpr double ln2_low = 7.440617110012397e-11;
  static constexpr double lowest = -750, highest = 710, lowest_expm1 = -40;
  static constexpr std::array q = {0.5,
                                   0.1666666666666668,
                                   0.041666666666666706,
                                   0.008333333333319613,
                                   0.0013888888888863055,
                                   0.00019841269891795408,
                                   2.4801587367992374e-05,
                                   2.7557238023297536e-06,
                                   2.7557236458832497e-07,
                                   2.5111336005860297e-08,
                                   2.0926369718304922e-09};
};

/// e^x = 2^n e^r, n an integer and |r| <= ln(2) / 2. NaN stays in r.
template <Real T, class Arch>
struct ExpParts {
  Packet<T, Arch> n, r;
};

template <Real T, class Arch>
ExpParts<T, Arch> exp_parts(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = ExpConstants<T>;
  const P n = round_small(x * C::log2_e);
  return {n, multiply_add(n, P(-C::ln2_low), multiply_add(n, P(-C::ln2_high), x))};
}

/// 2^n e^r. A call would take as long as the body.
template <Real T, class Arch>
[[gnu::always_inline]] inline Packet<T, Arch> exp_of_parts(ExpParts<T, Arch> x) {
  const Packet<T, Arch> one(1), q = polynomial(x.r, ExpConstants<T>::q);
  return scale(multiply_add(multiply_add(q, x.r, one), x.r, one), x.n);
}

/// x where it lies between the bounds of exp, else the nearer one. NaN stays.
template <Real T, class Arch>
Packet<T, Arch> bound(Packet<T, Arch> x) {
  return at_most(ExpConstants<T>::highest, at_least(ExpConstants<T>::lowest, x));
}

template <Real T, class Arch>
Packet<T, Arch> exp(Packet<T, Arch> x) {
  return exp_of_parts(exp_parts(bound(x)));
}

/// e^x for x <= 0.
template <Real T, class Arch>
[[gnu::always_inline]] inline Packet<T, Arch> exp_nonpositive(Packet<T, Arch> x) {
  return exp_of_parts(exp_parts(at_least(ExpConstants<T>::lowest, x)));
}

/// e^(x + low), where low is a rounding error of x, and x is at most a little beyond the bounds of exp.
template <Real T, class Arch>
Packet<T, Arch> exp_within_range(Packet<T, Arch> x, Packet<T, Arch> low) {
  const auto [n, r] = exp_parts(x);
  return exp_of_parts<T, Arch>({n, r + low});
}

/// e^x / 2 for x >= 0, which overflows later than e^x.
template <Real T, class Arch>
Packet<T, Arch> half_exp(Packet<T, Arch> x) {
  const auto [n, r] = exp_parts(at_most(ExpConstants<T>::highest + 1, x));
  return exp_of_parts<T, Arch>({n - T(1), r});
}

template <Real T, class Arch>
Packet<T, Arch> expm1(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = ExpConstants<T>;
  const auto [n, r] = exp_parts(at_most(C::highest, at_least(C::lowest_expm1, x)));
  const P half_power = power_of_two(n - T(1));  // half, because 2^n itself may overflow
  const P rest = multiply_add(r * r, polynomial(r, C::q), r);
  const P y = multiply_add(half_power, rest, half_power - T(0.5));
  return y + y;
}

template <class T>
struct LogConstants;

/// Minimax polynomials l on 0 <= z <= 0.03: with s = f / (2 + f), log(1 + f) = 2 s + s z l(z), z = s^2.
template <>
struct LogConstants<float> {
  static constexpr float sqrt_half = 0.707106769f;
  static constexpr std::array l = {0.666666627f, 0.400003463f, 0.285366029f, 0.23596333f};
};

template <>
struct LogConstants<double> {
  static constexpr double sqrt_half = 0.70710678118654757;
  static constexpr std::array l = {0.6666666666666666,  0.400000000000067,   0.2857142856894019,
                                   0.22222222668761885, 0.18181773906575158, 0.15387167713013186,
                                   0.13248382016744578, 0.132671228794409};
};

/// x = 2^n m with m between sqrt(1/2) and sqrt(2), n an integer, for positive finite x.
template <Real T, class Arch>
struct LogParts {
  Packet<T, Arch> n, m;
};

template <Real T, class Arch>
LogParts<T, Arch> log_parts(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using Word = typename P::Word;
  constexpr int bias = std::numeric_limits<T>::max_exponent - 1;
  constexpr T lift = static_cast<T>(Word{1} << P::significand_bits);  // makes subnormal numbers normal
  constexpr Word root = std::bit_cast<Word>(LogConstants<T>::sqrt_half);
  constexpr Word fraction = (Word{1} << P::significand_bits) - 1;

  const auto tiny = x < std::numeric_limits<T>::min();
  const auto word = select(tiny, x * lift, x).bits() + (std::bit_cast<Word>(T(1)) - root);
  const P biased = P::from_bits((word >> P::significand_bits) | std::bit_cast<Word>(lift)) - lift;
  return {biased - select(tiny, P(bias + P::significand_bits), P(bias)),
          P::from_bits((word & fraction) + root)};
}

/// log(1 + f) for 1 + f between sqrt(1/2) and sqrt(2).
template <Real T, class Arch>
Packet<T, Arch> log_near_one(Packet<T, Arch> f) {
  const auto s = f / (f + T(2));
  const auto z = s * s;
  return f - s * (f - z * polynomial(z, LogConstants<T>::l));
}

/// y, but the right limit where x, the argument of a logarithm, is not positive and finite.
template <Real T, class Arch>
Packet<T, Arch> log_limits(Packet<T, Arch> x, Packet<T, Arch> y) {
  using P = Packet<T, Arch>;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const P limit = select(x == 0, -infinity, select(x < 0, std::numeric_limits<T>::quiet_NaN(), x));
  return select((x > 0) & (x < infinity), y, limit);
}

/// n ln 2 + log_m.
template <Real T, class Arch>
Packet<T, Arch> add_log_of_power(Packet<T, Arch> n, Packet<T, Arch> log_m) {
  using P = Packet<T, Arch>;
  using C = ExpConstants<T>;
  return multiply_add(n, P(C::ln2_high), multiply_add(n, P(C::ln2_low), log_m));
}

template <Real T, class Arch>
Packet<T, Arch> log(Packet<T, Arch> x) {
  const auto [n, m] = log_parts(x);
  return log_limits(x, add_log_of_power(n, log_near_one(m - T(1))));
}

template <Real T, class Arch>
Packet<T, Arch> log1p(Packet<T, Arch> x) {
  const auto u = x + T(1);
  const auto above = u - T(1);
  const auto lost = (T(1) - (u - above)) + (x - above);  // what the rounding of u dropped, exactly
  const auto [n, m] = log_parts(u);
  const auto y = add_log_of_power(n, log_near_one(m - T(1) + lost * T(0.5) * power_of_two(T(1) - n)));
  return log_limits(u, select(x == 0, x, y));
}

template <Real T, class Arch>
Packet<T, Arch> log2(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  const auto [n, m] = log_parts(x);
  return log_limits(x, multiply_add(log_near_one(m - T(1)), P(ExpConstants<T>::log2_e), n));
}

template <AnyDual X>
auto exp(const X& x) {
  const auto y = exp(x.value);
  return vanishing_chain(x, y, y);
}

template <AnyDual X>
auto expm1(const X& x) {
  return vanishing_chain(x, expm1(x.value), exp(x.value));
}

template <AnyDual X>
auto log(const X& x) {
  return dual<level<X>>(log(x.value), x.tangent / x.value);
}

template <AnyDual X>
auto log1p(const X& x) {
  return dual<level<X>>(log1p(x.value), x.tangent / (1 + x.value));
}

template <AnyDual X>
auto log2(const X& x) {
  return dual<level<X>>(log2(x.value), 1.4426950408889634 * x.tangent / x.value);
}

}  // namespace xtape::formula
