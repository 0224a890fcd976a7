// sin, cos, tan, atan and atan2 on packets, and their derivatives.
#pragma once

#include <cmath>

#include <xtape/ops/formula/double_word.hpp>
#include <xtape/ops/formula/dual.hpp>

namespace xtape::formula {

template <class T>
struct CircleConstants;

/// pi / 2 as a sum of three numbers; the size of x up to which n pi / 2 is subtracted exactly enough; minimax
/// polynomials on |r| <= pi / 4: sin r = r + r^3 sin(r^2), cos r = 1 - r^2 / 2 + r^4 cos(r^2).
template <>
struct CircleConstants<float> {
  static constexpr float two_over_pi = 0.636619747f;
  static constexpr std::array half_pi = {1.57079637f, -4.37113883e-08f, -1.71512451e-15f};
  static constexpr float largest = 65536;
  static constexpr std::array sin = {-0.166666672f, 0.00833332911f, -0.000198392561f, 2.71756448e-06f};
  static constexpr std::array cos = {0.0416666679f, -0.00138888834f, 2.47994358e-05f, -2.72033049e-07f};
};

template <>
struct CircleConstants<double> {
  static constexpr double two_over_pi = 0.63661977236758138;
  static constexpr std::array half_pi = {1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33};
  static constexpr double largest = 1 << 30;
  static constexpr std::array sin = {-0.16666666666666666,  0.008333333333333321,   -0.000198412698412536,
                                     2.755731921342005e-06, -2.505210470871974e-08, 1.6058340530839203e-10,
                                     -7.577393023330032e-13};
  static constexpr std::array cos = {0.041666666666666664,   -0.0013888888888888872, 2.4801587301569893e-05,
                                     -2.755731921468387e-07, 2.087675420968325e-09,  -1.1470275449476232e-11,
                                     4.737303076662089e-14};
};

/// sin and cos of the remainder of x by pi / 2, and the quadrant in the two low bits.
template <Real T, class Arch>
struct Circle {
  Packet<T, Arch> sin, cos;
  typename Packet<T, Arch>::Bits quadrant;
};

template <Real T, class Arch>
Circle<T, Arch> circle(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = CircleConstants<T>;
  const P shifted = x * C::two_over_pi + integer_shift<T>;
  const P n = shifted - integer_shift<T>;

  const auto first = exact_product(n, P(C::half_pi[0]));
  const auto second = exact_product(n, P(C::half_pi[1]));
  const auto a = exact_sum(x - first.high, -first.low);
  const auto b = exact_sum(a.high, -second.high);
  const P low = a.low + b.low - second.low - n * C::half_pi[2];
  const auto r = exact_sum_ordered(b.high, low);

  const P z = r.high * r.high;
  const P half = z * T(0.5);
  const P one_less = T(1) - half;
  const P sine = r.high + (z * r.high * polynomial(z, C::sin) + r.low);
  const P cosine = one_less + (((T(1) - one_less) - half) + (z * z * polynomial(z, C::cos) - r.high * r.low));
  return {select(x == 0, x, sine), cosine, shifted.bits()};
}

/// y with its sign flipped in the second half of the circle.
template <Real T, class Arch>
Packet<T, Arch> turn(Packet<T, Arch> y, typename Packet<T, Arch>::Bits quadrant) {
  return Packet<T, Arch>::from_bits(y.bits() ^ ((quadrant & 2) << (8 * sizeof(T) - 2)));
}

template <Real T, class Arch>
PacketMask<T, Arch> is_odd(typename Packet<T, Arch>::Bits quadrant) {
  using P = Packet<T, Arch>;
  return P::from_bits((quadrant & 1) | P(1).bits()) != P(1);
}

template <Real T, class Arch>
PacketMask<T, Arch> is_far(Packet<T, Arch> x) {
  return abs(x) > CircleConstants<T>::largest;
}

template <Real T, class Arch>
Packet<T, Arch> sin(Packet<T, Arch> x) {
  const auto [s, c, quadrant] = circle(x);
  const auto y = turn(select(is_odd<T, Arch>(quadrant), c, s), quadrant);
  const auto far = is_far(x);
  return any(far) ? lane_by_lane(far, x, y, [](T v) { return std::sin(v); }) : y;
}

template <Real T, class Arch>
Packet<T, Arch> cos(Packet<T, Arch> x) {
  const auto [s, c, quadrant] = circle(x);
  const auto y = turn(select(is_odd<T, Arch>(quadrant), s, c), quadrant + 1);
  const auto far = is_far(x);
  return any(far) ? lane_by_lane(far, x, y, [](T v) { return std::cos(v); }) : y;
}

template <Real T, class Arch>
Packet<T, Arch> tan(Packet<T, Arch> x) {
  const auto [s, c, quadrant] = circle(x);
  const auto odd = is_odd<T, Arch>(quadrant);
  const auto y = select(odd, -c, s) / select(odd, s, c);
  const auto far = is_far(x);
  return any(far) ? lane_by_lane(far, x, y, [](T v) { return std::tan(v); }) : y;
}

template <class T>
struct AtanConstants;

/// Minimax polynomials on |t| <= tan(pi / 8): atan t = t + t^3 p(t^2). pi / 4 in two parts.
template <>
struct AtanConstants<float> {
  static constexpr float quarter_pi = 0.785398185f, quarter_pi_low = -2.18556941e-08f;
  static constexpr std::array p = {-0.333333135f, 0.199984342f, -0.142427415f, 0.105873629f, -0.0606052689f};
};

template <>
struct AtanConstants<double> {
  static constexpr double quarter_pi = 0.7853981633974483, quarter_pi_low = 3.061616997868383e-17;
  static constexpr std::array p = {-0.33333333333333326, 0.1999999999999745,    -0.14285714285360637,
                                   0.11111111086470622,  -0.09090908082938805,  0.0769228136692176,
                                   -0.06666206225598455, 0.05876820980664097,   -0.052171133442941754,
                                   0.0449830671301012,   -0.033352563421832605, 0.015071518813117368};
};

/// By the angle to the nearest of 0, 45 and 90 degrees.
template <Real T, class Arch>
Packet<T, Arch> atan(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = AtanConstants<T>;
  constexpr T tan_22_5 = T(0.41421356237309503), tan_67_5 = T(2.4142135623730949);
  const P size = abs(x);
  const auto middle = size > tan_22_5;
  const auto steep = size > tan_67_5;
  const P eighths = select(steep, 2, select(middle, P(1), P(0)));
  const P numerator = select(steep, -1, select(middle, size - 1, size));
  const P denominator = select(steep, size, select(middle, size + 1, P(1)));
  const P t = numerator / denominator;
  const P z = t * t;
  const P small = t * z * polynomial(z, C::p) + eighths * C::quarter_pi_low;
  return copysign(eighths * C::quarter_pi + (t + small), x);
}

/// The angle of the point (x, y), with the special cases of C's atan2.
template <Real T, class Arch>
Packet<T, Arch> atan2(Packet<T, Arch> y, Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = AtanConstants<T>;
  const P height = abs(y), width = abs(x);
  const P diagonal = select(height == 0, P(0), P(1));
  const P angle = atan(select(height == width, diagonal, height / width));
  const P beyond = (4 * C::quarter_pi - angle) + 4 * C::quarter_pi_low;
  return copysign(select(copysign(P(1), x) < 0, beyond, angle), y);
}

/// x / (x^2 + y^2), the real part of 1 / (x + i y), without the overflow of that form: 1 / (x + y t) with
/// t = y / x, or t / (x t + y) with t = x / y. At the origin, and where both are infinite, it is 0.
template <Real T, class Arch>
Packet<T, Arch> inverse_real(Packet<T, Arch> x, Packet<T, Arch> y) {
  using P = Packet<T, Arch>;
  const auto wide = abs(x) > abs(y);
  const P larger = select(wide, x, y), smaller = select(wide, y, x);
  const P t = smaller / larger;
  const P z = select(wide, P(1), t) / (larger + smaller * t);
  const auto no_direction = (abs(x) == abs(y)) & !(abs(t) == 1);
  return select(no_direction, 0, z);
}

/// atan'(x).
template <Real T, class Arch>
Packet<T, Arch> atan_slope(Packet<T, Arch> x) {
  return 1 / (1 + x * x);
}

template <AnyDual X>
auto sin(const X& x) {
  return chain(x, sin(x.value), cos(x.value));
}

template <AnyDual X>
auto cos(const X& x) {
  return chain(x, cos(x.value), -sin(x.value));
}

template <AnyDual X>
auto tan(const X& x) {
  const auto y = tan(x.value);
  return chain(x, y, 1 + y * y);
}

template <AnyDual X>
auto atan(const X& x) {
  return vanishing_chain(x, atan(x.value), atan_slope(x.value));
}

template <AnyDual X>
auto atan_slope(const X& x) {
  const auto y = atan_slope(x.value);
  return vanishing_chain(x, y, vanishing_product(-2 * y * y, x.value));
}

template <Real T, class Arch, Constant S>
Packet<T, Arch> atan2(Packet<T, Arch> y, S x) {
  return atan2(y, Packet<T, Arch>(x));
}

template <Real T, class Arch, Constant S>
Packet<T, Arch> atan2(S y, Packet<T, Arch> x) {
  return atan2(Packet<T, Arch>(y), x);
}

// With 1 / (x + i y) = p - i q, d(p - i q) = -(p - i q)^2 (dx + i dy), whose real part is
// dp = (q^2 - p^2) dx - 2 p q dy.
template <Operand X, Operand Y>
  requires Duals<X, Y>
auto inverse_real(const X& x, const Y& y) {
  constexpr int L = top_level<X, Y>;
  const auto width = lift<PlainType<X, Y>>(value_at<L>(x));
  const auto height = lift<PlainType<X, Y>>(value_at<L>(y));
  const auto p = inverse_real(width, height);
  const auto q = inverse_real(height, width);
  return chain(
      x, y, p, [&] { return (q - p) * (q + p); }, [&] { return -2 * (p * q); });
}

// The angle is the imaginary part of log(x + i y), so d = p dy - q dx.
template <Operand Y, Operand X>
  requires Duals<Y, X>
auto atan2(const Y& y, const X& x) {
  constexpr int L = top_level<Y, X>;
  const auto width = lift<PlainType<Y, X>>(value_at<L>(x));
  const auto height = lift<PlainType<Y, X>>(value_at<L>(y));
  return chain(
      y, x, atan2(height, width), [&] { return inverse_real(width, height); },
      [&] { return -inverse_real(height, width); });
}

}  // namespace xtape::formula
