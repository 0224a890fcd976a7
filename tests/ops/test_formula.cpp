// The functions of the formula language, in units in the last place: as the library compiled them for its
// processor, and as this file compiles them for its own.
#include <boost/test/unit_test.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <xtape/ops/activation.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/rounding.hpp>
#include <xtape/ops/trigonometric.hpp>

using namespace xtape;

namespace {

using Types = std::tuple<float, double>;

template <Real T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// Numbers of every size and sign, thickly where functions change their method, and all special ones.
template <Real T>
const BasicTensor<T>& samples() {
  static const BasicTensor<T> all = [] {
    using Limits = std::numeric_limits<T>;
    std::vector<T> x;
    constexpr double sqrt2 = 1.4142135623730951;  // 10.5, 27.375 and these times it: where e^(-x^2) ends
    for (const double near :
         {0.0,        1e-40,     1e-38,     1e-30,        0.41421356,    0.5,  0.70710678, 1.0,
          1.41421356, 1.5707963, 2.4142136, 3.14159265,   17.0,          88.0, 88.7228391, 103.97,
          200.0,      709.782,   745.13,    1e4,          65536.0,       1e9,  1e22,       1e30,
          3e38,       10.5,      27.375,    10.5 * sqrt2, 27.375 * sqrt2})
      for (const double sign : {1.0, -1.0}) {
        T up = static_cast<T>(sign * near), down = up;
        x.push_back(up);
        for (int i = 0; i < 3; ++i) {
          x.push_back(up = std::nextafter(up, Limits::infinity()));
          x.push_back(down = std::nextafter(down, -Limits::infinity()));
        }
      }
    for (const T special : {Limits::min(), Limits::denorm_min(), Limits::max(), Limits::infinity()}) {
      x.push_back(special);
      x.push_back(-special);
    }
    x.push_back(Limits::quiet_NaN());
    std::mt19937_64 engine(1);
    std::uniform_real_distribution<double> unit(-1, 1);
    for (int i = 0; i < 4000; ++i) {
      for (const double width : {1.0, 5.0, 100.0, 750.0}) x.push_back(static_cast<T>(width * unit(engine)));
      const double size = std::pow(10.0, (sizeof(T) == 8 ? 300 : 38) * unit(engine));
      x.push_back(static_cast<T>(i % 2 ? size : -size));
    }
    auto y = uninitialized<T>({static_cast<index_t>(x.size())});
    std::copy(x.begin(), x.end(), y.data());
    return BasicTensor<T>(std::move(y));
  }();
  return all;
}

/// How far y is from the true value, in spacings of T there.
template <Real T>
double ulps(T y, Wider<T> want) {
  using Limits = std::numeric_limits<T>;
  const T rounded = static_cast<T>(want);
  if (std::isnan(rounded) || std::isnan(y)) return std::isnan(rounded) == std::isnan(y) ? 0 : 1e9;
  if (y == rounded) return 0;
  const T largest = std::nextafter(Limits::max(), T(0));  // near overflow, infinity is one spacing away
  if (std::isinf(rounded) || std::isinf(y))
    return std::min(std::abs(y), std::abs(rounded)) >= largest ? 1 : 1e9;
  const int exponent = std::max(std::ilogb(want), Limits::min_exponent - 1);
  return static_cast<double>(std::abs(Wider<T>(y) - want) /
                             std::ldexp(Wider<T>(Limits::epsilon()), exponent));
}

/// y holds f(samples) within so many units.
template <Real T, class F>
void check_ulps(const char* name, const BasicTensor<T>& y, F f, double most) {
  const T* x = samples<T>().data();
  double worst = 0;
  index_t at = 0;
  for (index_t i = 0; i < y.size(); ++i) {
    const double error = ulps(y.data()[i], f(static_cast<Wider<T>>(x[i])));
    if (error > worst) {
      worst = error;
      at = i;
    }
  }
  BOOST_CHECK_MESSAGE(worst <= most,
                      name << " is off by " << worst << " ulp at " << x[at] << ": " << y.data()[at]);
}

/// The library's op and the same formula compiled here, with no more derivatives than has to be.
template <Real T, class Op, class Formula, class F>
void check_both(const char* name, Op op, Formula formula, F f, double most) {
  check_ulps<T>(name, op(samples<T>()), f, most);
  check_ulps<T>(name, elementwise<1>("formula", formula, samples<T>()), f, most);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(formula_functions)

BOOST_AUTO_TEST_CASE_TEMPLATE(exponentials_and_logarithms, T, Types) {
  using W = Wider<T>;
  const auto check = [](const char* name, auto f, auto want) { check_both<T>(name, f, f, want, 2); };
  check(
      "exp", [](const auto& x) { return exp(x); }, [](W x) { return std::exp(x); });
  check(
      "expm1", [](const auto& x) { return expm1(x); }, [](W x) { return std::expm1(x); });
  check(
      "log", [](const auto& x) { return log(x); }, [](W x) { return std::log(x); });
  check(
      "log1p", [](const auto& x) { return log1p(x); }, [](W x) { return std::log1p(x); });
  check(
      "log2", [](const auto& x) { return log2(x); }, [](W x) { return std::log2(x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(circular_and_hyperbolic, T, Types) {
  using W = Wider<T>;
  const auto check = [](const char* name, auto f, auto want) { check_both<T>(name, f, f, want, 3); };
  check(
      "sin", [](const auto& x) { return sin(x); }, [](W x) { return std::sin(x); });
  check(
      "cos", [](const auto& x) { return cos(x); }, [](W x) { return std::cos(x); });
  check(
      "tan", [](const auto& x) { return tan(x); }, [](W x) { return std::tan(x); });
  check(
      "atan", [](const auto& x) { return atan(x); }, [](W x) { return std::atan(x); });
  check(
      "sinh", [](const auto& x) { return sinh(x); }, [](W x) { return std::sinh(x); });
  check(
      "cosh", [](const auto& x) { return cosh(x); }, [](W x) { return std::cosh(x); });
  check(
      "tanh", [](const auto& x) { return tanh(x); }, [](W x) { return std::tanh(x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(angles, T, Types) {
  using W = Wider<T>;
  const auto& y = samples<T>();
  const T infinity = std::numeric_limits<T>::infinity();
  for (const T x : {T(0), T(-0.0), T(1), T(-1), T(3), T(-1e-30), T(1e30), T(-200), infinity, -infinity}) {
    const auto want = [x](W v) { return std::atan2(v, W(x)); };
    check_ulps<T>("atan2", atan2(y, x), want, 3);
    check_ulps<T>("atan2",
                  elementwise<1>(
                      "formula", [x](auto v) { return atan2(v, x); }, y),
                  want, 3);
  }
  const auto of_x = [](W v) { return std::atan2(W(-2), v); };
  check_ulps<T>("atan2",
                elementwise<1>(
                    "formula", [](auto v) { return atan2(-2, v); }, y),
                of_x, 3);
  check_ulps<T>(
      "atan2", atan2(y, y), [](W v) { return std::atan2(v, v); }, 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(error_function_and_sigmoids, T, Types) {
  using W = Wider<T>;
  const auto check = [](const char* name, auto f, auto want) { check_both<T>(name, f, f, want, 3); };
  check(
      "erf", [](const auto& x) { return erf(x); }, [](W x) { return std::erf(x); });
  check(
      "sigmoid", [](const auto& x) { return sigmoid(x); }, [](W x) { return 1 / (1 + std::exp(-x)); });
  const auto softplus_of = [](W x) { return std::max(x, W(0)) + std::log1p(std::exp(-std::abs(x))); };
  check(
      "softplus", [](const auto& x) { return softplus(x); }, softplus_of);
  check(
      "log_sigmoid", [](const auto& x) { return log_sigmoid(x); }, [&](W x) { return -softplus_of(-x); });
  const auto& x = samples<T>();
  check_ulps<T>(
      "erfc",
      elementwise<1>(
          "erfc", [](auto v) { return erfc(v); }, x),
      [](W v) { return std::erfc(v); }, 5);
  check_ulps<T>(
      "normal_cdf",
      elementwise<1>(
          "normal_cdf", [](auto v) { return normal_cdf(v); }, x),
      [](W v) { return std::erfc(-v * std::sqrt(W(0.5))) / 2; }, 5);
  check_ulps<T>(
      "gaussian",
      elementwise<1>(
          "gaussian", [](auto v) { return gaussian(v); }, x),
      [](W v) { return std::exp(-v * v); }, 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(powers, T, Types) {
  using W = Wider<T>;
  const auto& x = samples<T>();
  check_both<T>(
      "sqrt", [](const auto& v) { return sqrt(v); }, [](auto v) { return sqrt(v); },
      [](W v) { return std::sqrt(v); }, 0.5);
  check_both<T>(
      "rsqrt", [](const auto& v) { return rsqrt(v); }, [](auto v) { return rsqrt(v); },
      [](W v) { return 1 / std::sqrt(v); }, 2);
  for (const double exponent : {2.0, 3.0, 0.5, -0.5, -1.0, 0.0, 1.0, 2.5, -3.0, 17.0, 100.5, -1e-3}) {
    const auto want = [e = W(T(exponent))](W v) { return std::pow(v, e); };
    check_ulps<T>("pow", pow(x, exponent), want, 2);
    check_ulps<T>("pow",
                  elementwise<1>(
                      "pow", [exponent](auto v) { return pow(v, exponent); }, x),
                  want, 2);
  }
  for (const double base : {2.0, 10.0, 0.7, 1.0, -1.0, 1.001, -2.0, 1e-30, 0.0, -0.0}) {
    const auto want = [b = W(T(base))](W v) { return std::pow(b, v); };
    check_ulps<T>("pow of a number", pow(base, x), want, 2);
    check_ulps<T>("pow of a number",
                  elementwise<1>(
                      "pow", [base](auto v) { return pow(base, v); }, x),
                  want, 2);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding, T, Types) {
  using W = Wider<T>;
  const auto check = [](const char* name, auto f, auto want) { check_both<T>(name, f, f, want, 0); };
  check(
      "abs", [](const auto& x) { return abs(x); }, [](W x) { return std::abs(x); });
  check(
      "floor", [](const auto& x) { return floor(x); }, [](W x) { return std::floor(x); });
  check(
      "ceil", [](const auto& x) { return ceil(x); }, [](W x) { return std::ceil(x); });
  check(
      "round", [](const auto& x) { return round(x); }, [](W x) { return std::nearbyint(x); });
  check(
      "sign", [](const auto& x) { return sign(x); }, [](W x) { return x > 0   ? 1
                                                                      : x < 0 ? -1
                                                                              : x; });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(zero_keeps_its_sign, T, Types) {
  const BasicTensor<T> zero = T(-0.0);
  for (const auto& y : {-BasicTensor<T>(0), sin(zero), tan(zero), atan(zero), tanh(zero), sinh(zero),
                        erf(zero), sqrt(zero), floor(zero), ceil(zero), round(zero), log1p(zero)})
    BOOST_TEST((y.item() == 0 && std::signbit(y.item())));
}

BOOST_AUTO_TEST_SUITE_END()
