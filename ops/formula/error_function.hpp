// erf, erfc, exp(-x^2) and the normal distribution on packets, and their derivatives.
#pragma once

#include <xtape/ops/formula/double_word.hpp>
#include <xtape/ops/formula/exponential.hpp>

namespace xtape::formula {

template <class T>
struct ErfConstants;

/// Minimax polynomials: erf x = x + x near(x^2) for |x| <= 1; (1 + 2 x) e^(x^2) erfc x = far(t) for x >= 0,
/// where t = (x - center) / (x + center).
template <>
struct ErfConstants<float> {
  static constexpr float center = 3;
  static constexpr std::array near = {0.128379107f,   -0.37612626f,     0.112835854f,   -0.026853811f,
                                      0.00518832775f, -0.000801019254f, 7.85385855e-05f};
  static constexpr std::array far = {1.25300801f,    -0.135621145f,    -0.0475624986f, 0.12964654f,
                                     -0.119269304f,  0.0682960451f,    -0.0238062907f, 0.00255913706f,
                                     0.00201406912f, -0.000756298366f, -0.00025974866f};
};

template <>
struct ErfConstants<double> {
  static constexpr double center = 4;
  static constexpr std::array near = {
      0.12837916709551258,   -0.3761263890318375,     0.11283791670954857,    -0.026866170645072896,
      0.005223977624780875,  -0.000854832697874252,   0.00012055331036906967, -1.4925593506996244e-05,
      1.646097281787736e-06, -1.6350025224659058e-07, 1.4657879817443645e-08, -1.1365665742317495e-09,
      5.945261196686509e-11};
  static constexpr std::array far = {
      1.2329951186255526,      -0.13962111684056253,    0.015379652102619622,    0.06809705425469532,
      -0.10103906603629771,    0.09373283499825628,     -0.06633036581236018,    0.037167515538977035,
      -0.016197734056207527,   0.00503196996488896,     -0.0007577732992424227,  -0.00019925662554768817,
      0.0001506217234632767,   -2.4399442171123817e-05, -1.1222182955189508e-05, 5.710196663342307e-06,
      2.941616493546609e-07,   -8.259663604119078e-07,  7.410558031986624e-08,   1.1033287992186427e-07,
      -1.7469856751268584e-08, -1.4070593722544485e-08, 1.6773385307607898e-09,  1.1981584480882225e-09};
};

/// |x|, but no more than 100, where all these functions have long reached their limits.
template <Real T, class Arch>
Packet<T, Arch> bounded_size(Packet<T, Arch> x) {
  const auto size = abs(x);
  return select(size > 100, 100, size);
}

/// exp(-factor x^2) for factor 1 or 1/2. The square is held exactly: its rounding error would show in large
/// powers.
template <Real T, class Arch>
Packet<T, Arch> exp_of_square(Packet<T, Arch> x, T factor) {
  const auto size = bounded_size(x);
  const auto square = exact_product(size, size);
  return exp_of_sum(square.high * -factor, square.low * -factor);
}

/// exp(-x^2).
template <Real T, class Arch>
Packet<T, Arch> gaussian(Packet<T, Arch> x) {
  return exp_of_square(x, T(1));
}

/// The density of the normal distribution, exp(-x^2 / 2) / sqrt(2 pi).
template <Real T, class Arch>
Packet<T, Arch> normal_pdf(Packet<T, Arch> x) {
  return exp_of_square(x, T(0.5)) * T(0.3989422804014327);
}

/// erf x for |x| <= 1.
template <Real T, class Arch>
Packet<T, Arch> erf_near(Packet<T, Arch> x) {
  return multiply_add(x, polynomial(x * x, ErfConstants<T>::near), x);
}

/// e^(x^2) erfc |x|.
template <Real T, class Arch>
Packet<T, Arch> scaled_erfc(Packet<T, Arch> x) {
  using C = ErfConstants<T>;
  const auto size = bounded_size(x);
  return polynomial((size - C::center) / (size + C::center), C::far) / (T(1) + size + size);
}

template <Real T, class Arch>
Packet<T, Arch> erf(Packet<T, Arch> x) {
  const auto far = copysign(T(1) - gaussian(x) * scaled_erfc(x), x);
  return select(abs(x) < 1, erf_near(x), far);
}

template <Real T, class Arch>
Packet<T, Arch> erfc(Packet<T, Arch> x) {
  const auto tail = gaussian(x) * scaled_erfc(x);
  const auto far = select(x < 0, T(2) - tail, tail);
  return select(abs(x) < T(0.5), T(1) - erf_near(x), far);
}

/// The distribution function of the normal distribution, erfc(-x / sqrt(2)) / 2.
template <Real T, class Arch>
Packet<T, Arch> normal_cdf(Packet<T, Arch> x) {
  const auto y = x * T(0.70710678118654757);
  const auto tail = T(0.5) * exp_of_square(x, T(0.5)) * scaled_erfc(y);
  const auto far = select(x > 0, T(1) - tail, tail);
  return select(abs(y) < T(0.5), T(0.5) + T(0.5) * erf_near(y), far);
}

inline constexpr double two_over_sqrt_pi = 1.1283791670955126;

template <AnyDual X>
auto gaussian(const X& x) {
  const auto y = gaussian(x.value);
  return vanishing_chain(x, y, vanishing_product(-2 * y, x.value));
}

template <AnyDual X>
auto normal_pdf(const X& x) {
  const auto y = normal_pdf(x.value);
  return vanishing_chain(x, y, vanishing_product(-y, x.value));
}

template <AnyDual X>
auto normal_cdf(const X& x) {
  return vanishing_chain(x, normal_cdf(x.value), normal_pdf(x.value));
}

template <AnyDual X>
auto erf(const X& x) {
  return vanishing_chain(x, erf(x.value), two_over_sqrt_pi * gaussian(x.value));
}

template <AnyDual X>
auto erfc(const X& x) {
  return vanishing_chain(x, erfc(x.value), -two_over_sqrt_pi * gaussian(x.value));
}

}  // namespace xtape::formula
