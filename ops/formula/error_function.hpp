// erf, erfc, exp(-x^2) and the normal distribution on packets, and their derivatives.
#pragma once

#include <xtape/ops/formula/double_word.hpp>
#include <xtape/ops/formula/exponential.hpp>

namespace xtape::formula {

template <class T>
struct ErfConstants;

/// Minimax approximations: erf x = x + x near(x^2) for |x| <= 1; for x >= 0
/// (1 + slope x) e^(x^2) erfc x = limit + above(x) / below(x), where all coefficients are positive, so that
/// rounding errors do not grow. From `end` on e^(-x^2) is 0.
template <>
struct ErfConstants<float> {
  static constexpr float end = 10.5f;
  static constexpr std::array near = {0.128379107f,   -0.37612626f,     0.112835854f,   -0.026853811f,
                                      0.00518832775f, -0.000801019254f, 7.85385855e-05f};
  static constexpr float slope = 0.6834855f, limit = 0.38561946f;
  static constexpr std::array above = {0.61438054f, 0.5922299f, 0.2511802f, 0.048706427f};
  static constexpr std::array below = {1.0f, 1.6880811f, 1.2588573f, 0.47432292f, 0.08635745f};
};

template <>
struct ErfConstants<double> {
  static constexpr double end = 27.375;
  static constexpr std::array near = {
      0.12837916709551258,   -0.3761263890318375,     0.11283791670954857,    -0.026866170645072896,
      0.005223977624780875,  -0.000854832697874252,   0.00012055331036906967, -1.4925593506996244e-05,
      1.646097281787736e-06, -1.6350025224659058e-07, 1.4657879817443645e-08, -1.1365665742317495e-09,
      5.945261196686509e-11};
  static constexpr double slope = 0.47132072229322963, limit = 0.26591424202810543;
  static constexpr std::array above = {0.7340857579718946,    1.5443929175610673,    1.596282460246532,
                                       1.0452769352064795,    0.4741549586365303,    0.15408697966816592,
                                       0.03590492156623975,   0.0058114014647699455, 0.0005983520724452231,
                                       3.0460002178529658e-05};
  static constexpr std::array below = {1.0,
                                       2.998902156126064,
                                       4.220984942796892,
                                       3.672108054339116,
                                       2.1902614231863367,
                                       0.9384567354948917,
                                       0.2936892983292789,
                                       0.0666507413727451,
                                       0.010580363636649541,
                                       0.0010732744899540792,
                                       5.398894816099256e-05};
};

/// exp(-factor x^2) for factor 1 or 1/2. The square is held exactly: its rounding error would show in large
/// powers.
template <Real T, class Arch>
Packet<T, Arch> exp_of_square(Packet<T, Arch> x, T factor) {
  constexpr T end = ErfConstants<T>::end;
  const auto size = at_most(factor == T(1) ? end : end * T(1.4142135623730951), abs(x));
  const auto square = exact_product(size * -factor, size);
  return exp_within_range(square.high, square.low);
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

/// e^(x^2) erfc |x|, in one division: limit + above / below = (limit below + above) / below, where the error
/// of `below` cancels for the most part.
template <Real T, class Arch>
Packet<T, Arch> scaled_erfc(Packet<T, Arch> x) {
  using P = Packet<T, Arch>;
  using C = ErfConstants<T>;
  const auto size = at_most(C::end, abs(x));
  const auto above = polynomial(size, C::above), below = polynomial(size, C::below);
  return multiply_add(P(C::limit), below, above) / (multiply_add(P(C::slope), size, P(1)) * below);
}

template <Real T, class Arch>
Packet<T, Arch> erf(Packet<T, Arch> x) {
  const auto far = copysign(T(1) - gaussian(x) * scaled_erfc(x), x);
  return select(abs(x) < 1, erf_near(x), far);
}

template <Real T, class Arch>
Packet<T, Arch> erfc(Packet<T, Arch> x) {
  const auto tail = gaussian(x) * scaled_erfc(x);
  return select(x < 0, T(2) - tail, tail);
}

/// The distribution function of the normal distribution, erfc(-x / sqrt(2)) / 2.
template <Real T, class Arch>
Packet<T, Arch> normal_cdf(Packet<T, Arch> x) {
  const auto tail = T(0.5) * exp_of_square(x, T(0.5)) * scaled_erfc(x * T(0.70710678118654757));
  return select(x > 0, T(1) - tail, tail);
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
