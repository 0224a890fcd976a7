// Every elementwise op at extreme arguments: value and first two derivatives, in float and double, against
// closed forms in long double.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <xtape/ops/activation.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/interpolation.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/rounding.hpp>
#include <xtape/ops/selection.hpp>
#include <xtape/ops/trigonometric.hpp>

#include "tests/support/elementwise.hpp"

using namespace xtape;

namespace {

using Types = std::tuple<float, double>;
using Wide = long double;

constexpr Wide pi = 3.141592653589793238462643383279502884L;
constexpr Wide inf = std::numeric_limits<Wide>::infinity();

/// A function and its derivatives. Arguments below `from` are outside its domain. Where derivatives are made
/// from the result, as 1 - y^2 is, they are right to so many epsilons.
struct Truth {
  const char* name;
  std::vector<Wide (*)(Wide)> derivatives;
  Wide from = -inf;
  Wide epsilons = 0;
};

/// Right to a few roundings: relative where the result is normal, else by the spacing of subnormal numbers.
/// Results beyond the range of T are infinite.
template <Real T>
bool is_right(T y, Wide want, Wide epsilons) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(want)) return std::isnan(y);
  if (std::abs(want) > Wide(Limits::max()) * (1 + 16 * Limits::epsilon()))
    return std::isinf(y) && std::signbit(y) == std::signbit(want);
  const Wide absolute = epsilons * Limits::epsilon() + 4 * Limits::min();
  return std::abs(Wide(y) - want) <= 16 * Limits::epsilon() * std::abs(want) + absolute;
}

template <Real T>
void check(const Truth& truth,
           const std::function<BasicTensor<T>(const std::type_identity_t<BasicTensor<T>>&)>& f) {
  for (const double size :
       {0.0, 1e-30, 0.5, 3.0, 88.0, 200.0, 1e4, 1e30, std::numeric_limits<double>::infinity()}) {
    for (const double sign : {1.0, -1.0}) {
      const T at = static_cast<T>(sign * size);
      if (at < truth.from || (at == 0 && std::signbit(at))) continue;
      const auto x = BasicTensor<T>(at).requires_grad_();
      BasicTensor<T> y = f(x);
      for (std::size_t order = 0; order < truth.derivatives.size(); ++order) {
        const Wide want = truth.derivatives[order](at);
        BOOST_CHECK_MESSAGE(is_right(y.item(), want, truth.epsilons),
                            truth.name << ", derivative " << order << " at " << at << ": " << y.item()
                                       << " instead of " << want);
        if (order + 1 < truth.derivatives.size())
          y = grad(y, x, {.create_graph = true, .allow_unused = true});
      }
    }
  }
}

/// a b, 0 where b is: the limit of what decays faster than it grows.
Wide decaying(Wide a, Wide b) { return b == 0 ? 0 : a * b; }

Wide normal_pdf(Wide x) { return std::exp(-x * x / 2) / std::sqrt(2 * pi); }
Wide normal_cdf(Wide x) { return std::erfc(-x / std::sqrt(Wide(2))) / 2; }
Wide sigmoid_of(Wide x) { return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
Wide slope_of(Wide x) { return sigmoid_of(x) * sigmoid_of(-x); }
Wide softplus_of(Wide x) { return std::max(x, Wide(0)) + std::log1p(std::exp(-std::abs(x))); }
Wide tanh_argument(Wide x) { return 2 * std::sqrt(2 / pi) * (x + 0.044715L * x * x * x); }
Wide tanh_argument_slope(Wide x) { return 2 * std::sqrt(2 / pi) * (1 + 3 * 0.044715L * x * x); }
Wide tanh_argument_bend(Wide x) { return 2 * std::sqrt(2 / pi) * 6 * 0.044715L * x; }
Wide bend_of(Wide x) { return -slope_of(x) * std::tanh(x / 2); }
Wide sech2(Wide x) { return 1 / (std::cosh(x) * std::cosh(x)); }
Wide mish_factor(Wide x) { return std::tanh(softplus_of(x)); }
Wide mish_slope(Wide x) { return sech2(softplus_of(x)) * sigmoid_of(x); }
Wide mish_bend(Wide x) {
  return sech2(softplus_of(x)) * (slope_of(x) - 2 * mish_factor(x) * sigmoid_of(x) * sigmoid_of(x));
}

/// 2 / (x^2 + 4) and its derivative.
Wide bell(Wide x) { return 2 / (x * x + 4); }
Wide bell_slope(Wide x) { return std::isinf(x) ? 0 : -4 * x / ((x * x + 4) * (x * x + 4)); }

Wide zero(Wide) { return 0; }
Wide one(Wide) { return 1; }
Wide same(Wide x) { return x; }

}  // namespace

BOOST_AUTO_TEST_SUITE(extremes)

BOOST_AUTO_TEST_CASE_TEMPLATE(exponentials, T, Types) {
  const auto e = [](Wide x) { return std::exp(x); };
  check<T>({"exp", {e, e, e}}, [](const auto& x) { return exp(x); });
  check<T>({"expm1", {[](Wide x) { return std::expm1(x); }, e, e}}, [](const auto& x) { return expm1(x); });
  check<T>({"log",
            {[](Wide x) { return std::log(x); }, [](Wide x) { return 1 / x; },
             [](Wide x) { return -1 / (x * x); }},
            0},
           [](const auto& x) { return log(x); });
  check<T>({"log2",
            {[](Wide x) { return std::log2(x); }, [](Wide x) { return 1 / (x * std::log(Wide(2))); },
             [](Wide x) { return -1 / (x * x * std::log(Wide(2))); }},
            0},
           [](const auto& x) { return log2(x); });
  check<T>({"log1p",
            {[](Wide x) { return std::log1p(x); }, [](Wide x) { return 1 / (1 + x); },
             [](Wide x) { return -1 / ((1 + x) * (1 + x)); }},
            -1},
           [](const auto& x) { return log1p(x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(powers, T, Types) {
  check<T>({"sqrt",
            {[](Wide x) { return std::sqrt(x); }, [](Wide x) { return 0.5L / std::sqrt(x); },
             [](Wide x) { return -0.25L / (std::sqrt(x) * x); }},
            0},
           [](const auto& x) { return sqrt(x); });
  check<T>({"rsqrt",
            {[](Wide x) { return 1 / std::sqrt(x); }, [](Wide x) { return -0.5L / (std::sqrt(x) * x); },
             [](Wide x) { return 0.75L / (std::sqrt(x) * x * x); }},
            0},
           [](const auto& x) { return rsqrt(x); });
  check<T>(
      {"square", {[](Wide x) { return x * x; }, [](Wide x) { return 2 * x; }, [](Wide) { return Wide(2); }}},
      [](const auto& x) { return square(x); });
  check<T>({"reciprocal",
            {[](Wide x) { return 1 / x; }, [](Wide x) { return -1 / (x * x); },
             [](Wide x) { return 2 / (x * x * x); }}},
           [](const auto& x) { return reciprocal(x); });
  check<T>(
      {"pow 0", {[](Wide) { return Wide(1); }, [](Wide) { return Wide(0); }, [](Wide) { return Wide(0); }}},
      [](const auto& x) { return pow(x, 0); });
  check<T>(
      {"pow 3",
       {[](Wide x) { return x * x * x; }, [](Wide x) { return 3 * x * x; }, [](Wide x) { return 6 * x; }}},
      [](const auto& x) { return pow(x, 3); });
  check<T>({"pow 1.5",
            {[](Wide x) { return std::pow(x, 1.5L); }, [](Wide x) { return 1.5L * std::sqrt(x); },
             [](Wide x) { return 0.75L / std::sqrt(x); }},
            0},
           [](const auto& x) { return pow(x, 1.5); });
  check<T>({"2 to the power",
            {[](Wide x) { return std::exp2(x); }, [](Wide x) { return std::exp2(x) * std::log(Wide(2)); },
             [](Wide x) { return std::exp2(x) * std::log(Wide(2)) * std::log(Wide(2)); }}},
           [](const auto& x) { return pow(2, x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(circular_and_hyperbolic, T, Types) {
  check<T>({"sin",
            {[](Wide x) { return std::sin(x); }, [](Wide x) { return std::cos(x); },
             [](Wide x) { return -std::sin(x); }}},
           [](const auto& x) { return sin(x); });
  check<T>({"cos",
            {[](Wide x) { return std::cos(x); }, [](Wide x) { return -std::sin(x); },
             [](Wide x) { return -std::cos(x); }}},
           [](const auto& x) { return cos(x); });
  check<T>({"tan",
            {[](Wide x) { return std::tan(x); }, [](Wide x) { return 1 + std::tan(x) * std::tan(x); },
             [](Wide x) { return 2 * std::tan(x) * (1 + std::tan(x) * std::tan(x)); }}},
           [](const auto& x) { return tan(x); });
  check<T>({"atan",
            {[](Wide x) { return std::atan(x); }, [](Wide x) { return 1 / (1 + x * x); },
             [](Wide x) { return std::isinf(x) ? 0 : -2 * x / ((1 + x * x) * (1 + x * x)); }}},
           [](const auto& x) { return atan(x); });
  check<T>({"atan2(x, 2)", {[](Wide x) { return std::atan2(x, Wide(2)); }, bell, bell_slope}},
           [](const auto& x) { return atan2(x, 2); });
  check<T>({"atan2(x, -2)",
            {[](Wide x) { return std::atan2(x, Wide(-2)); }, [](Wide x) { return -bell(x); },
             [](Wide x) { return -bell_slope(x); }}},
           [](const auto& x) { return atan2(x, -2); });
  check<T>({"atan2(-2, x)", {[](Wide x) { return std::atan2(Wide(-2), x); }, bell, bell_slope}},
           [](const auto& x) { return atan2(BasicTensor<T>(-2), x); });
  check<T>({"atan2(x, x)", {[](Wide x) { return std::atan2(x, x); }, zero}},
           [](const auto& x) { return atan2(x, x); });
  const auto sinh_of = [](Wide x) { return std::sinh(x); };
  const auto cosh_of = [](Wide x) { return std::cosh(x); };
  check<T>({"sinh", {sinh_of, cosh_of, sinh_of}}, [](const auto& x) { return sinh(x); });
  check<T>({"cosh", {cosh_of, sinh_of, cosh_of}}, [](const auto& x) { return cosh(x); });
  check<T>({"tanh",
            {[](Wide x) { return std::tanh(x); }, sech2, [](Wide x) { return -2 * std::tanh(x) * sech2(x); }},
            -inf,
            4},
           [](const auto& x) { return tanh(x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bells_and_sigmoids, T, Types) {
  check<T>({"erf",
            {[](Wide x) { return std::erf(x); }, [](Wide x) { return 2 / std::sqrt(pi) * std::exp(-x * x); },
             [](Wide x) { return decaying(-4 / std::sqrt(pi) * x, std::exp(-x * x)); }}},
           [](const auto& x) { return erf(x); });
  check<T>({"gelu",
            {[](Wide x) { return decaying(x, normal_cdf(x)); },
             [](Wide x) { return normal_cdf(x) + decaying(x, normal_pdf(x)); },
             [](Wide x) { return decaying(2 - x * x, normal_pdf(x)); }}},
           [](const auto& x) { return gelu(x); });
  check<T>({"gelu by tanh",
            {[](Wide x) { return decaying(x, sigmoid_of(tanh_argument(x))); },
             [](Wide x) {
               return sigmoid_of(tanh_argument(x)) +
                      decaying(x * tanh_argument_slope(x), slope_of(tanh_argument(x)));
             },
             [](Wide x) {
               const Wide slope = tanh_argument_slope(x);
               return decaying(2 * slope + x * tanh_argument_bend(x), slope_of(tanh_argument(x))) +
                      decaying(x * slope * slope, bend_of(tanh_argument(x)));
             }}},
           [](const auto& x) { return gelu(x, {.approximate = Gelu::tanh}); });
  check<T>({"sigmoid", {sigmoid_of, slope_of, bend_of}}, [](const auto& x) { return sigmoid(x); });
  check<T>({"softplus", {softplus_of, sigmoid_of, slope_of}}, [](const auto& x) { return softplus(x); });
  check<T>({"log_sigmoid",
            {[](Wide x) { return -softplus_of(-x); }, [](Wide x) { return sigmoid_of(-x); },
             [](Wide x) { return -slope_of(x); }}},
           [](const auto& x) { return log_sigmoid(x); });
  check<T>({"silu",
            {[](Wide x) { return decaying(x, sigmoid_of(x)); },
             [](Wide x) { return sigmoid_of(x) + decaying(x, slope_of(x)); },
             [](Wide x) { return decaying(2 - x * std::tanh(x / 2), slope_of(x)); }}},
           [](const auto& x) { return silu(x); });
  check<T>({"mish",
            {[](Wide x) { return decaying(x, mish_factor(x)); },
             [](Wide x) { return mish_factor(x) + decaying(x, mish_slope(x)); },
             [](Wide x) { return 2 * mish_slope(x) + decaying(x, mish_bend(x)); }},
            -inf,
            16},
           [](const auto& x) { return mish(x); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(piecewise, T, Types) {
  const auto step = [](Wide x) { return Wide(x > 0); };
  check<T>({"relu", {[](Wide x) { return std::max(x, Wide(0)); }, step, zero}},
           [](const auto& x) { return relu(x); });
  check<T>({"leaky_relu",
            {[](Wide x) { return x > 0 ? x : x / 4; }, [](Wide x) { return x > 0 ? Wide(1) : 0.25L; }, zero}},
           [](const auto& x) { return leaky_relu(x, {.negative_slope = 0.25}); });
  check<T>({"elu",
            {[](Wide x) { return x > 0 ? x : std::expm1(x); },
             [](Wide x) { return x > 0 ? Wide(1) : std::exp(x); },
             [](Wide x) { return x > 0 ? Wide(0) : std::exp(x); }}},
           [](const auto& x) { return elu(x); });
  const auto sign_of = [](Wide x) { return Wide((x > 0) - (x < 0)); };
  check<T>({"abs", {[](Wide x) { return std::abs(x); }, sign_of, zero}},
           [](const auto& x) { return abs(x); });
  check<T>({"sign", {sign_of, zero, zero}}, [](const auto& x) { return sign(x); });
  check<T>({"floor", {[](Wide x) { return std::floor(x); }, zero, zero}},
           [](const auto& x) { return floor(x); });
  check<T>({"ceil", {[](Wide x) { return std::ceil(x); }, zero, zero}},
           [](const auto& x) { return ceil(x); });
  check<T>({"round", {[](Wide x) { return std::nearbyint(x); }, zero, zero}},
           [](const auto& x) { return round(x); });
  check<T>({"clip",
            {[](Wide x) { return std::min(std::max(x, Wide(-1)), Wide(100)); },
             [](Wide x) { return Wide(x >= -1 && x <= 100); }, zero}},
           [](const auto& x) { return clip(x, -1, 100); });
  check<T>({"hard_tanh",
            {[](Wide x) { return std::min(std::max(x, Wide(-1)), Wide(1)); },
             [](Wide x) { return Wide(std::abs(x) < 1); }, zero}},
           [](const auto& x) { return hard_tanh(x); });
  check<T>({"hard_sigmoid",
            {[](Wide x) { return std::min(std::max(x + 3, Wide(0)), Wide(6)) / 6; },
             [](Wide x) { return std::abs(x) < 3 ? 1 / Wide(6) : 0; }, zero}},
           [](const auto& x) { return hard_sigmoid(x); });
  check<T>({"where taken", {same, one, zero}}, [](const auto& x) { return where(Mask{true}, x, 5); });
  check<T>({"where not taken", {[](Wide) { return Wide(5); }, zero, zero}},
           [](const auto& x) { return where(Mask{true}, 5, x); });
  check<T>({"maximum", {[](Wide x) { return std::max(x, 2.0L); }, [](Wide x) { return Wide(x > 2); }, zero}},
           [](const auto& x) { return maximum(x, 2); });
  check<T>({"minimum", {[](Wide x) { return std::min(x, 2.0L); }, [](Wide x) { return Wide(x < 2); }, zero}},
           [](const auto& x) { return minimum(x, 2); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(arithmetic, T, Types) {
  const Truth quotient = {"3 / x",
                          {[](Wide x) { return 3 / x; }, [](Wide x) { return -3 / (x * x); },
                           [](Wide x) { return 6 / (x * x * x); }}};
  const Truth cube = {
      "x^3",
      {[](Wide x) { return x * x * x; }, [](Wide x) { return 3 * x * x; }, [](Wide x) { return 6 * x; }}};
  const Truth third = {"x / 3", {[](Wide x) { return x / 3; }, [](Wide) { return 1 / Wide(3); }, zero}};
  const Truth triple = {"3 x", {[](Wide x) { return 3 * x; }, [](Wide) { return Wide(3); }, zero}};
  const BasicTensor<T> three = 3;
  check<T>({"neg", {[](Wide x) { return -x; }, [](Wide) { return Wide(-1); }, zero}},
           [](const auto& x) { return -x; });
  check<T>({"x + 3", {[](Wide x) { return x + 3; }, one, zero}}, [](const auto& x) { return x + 3; });
  check<T>({"3 - x", {[](Wide x) { return 3 - x; }, [](Wide) { return Wide(-1); }, zero}},
           [&](const auto& x) { return three - x; });
  check<T>(triple, [](const auto& x) { return 3 * x; });
  check<T>(triple, [&](const auto& x) { return x * three; });
  check<T>(cube, [](const auto& x) { return x * x * x; });
  check<T>(cube, [&](const auto& x) { return pow(x, three); });
  check<T>(third, [](const auto& x) { return x / 3; });
  check<T>(third, [&](const auto& x) { return x / three; });
  check<T>(quotient, [](const auto& x) { return 3 / x; });
  check<T>(quotient, [&](const auto& x) { return three / x; });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(interpolation, T, Types) {
  const Truth from = {"lerp(x, 2, 1/4)",
                      {[](Wide x) { return (3 * x + 2) / 4; }, [](Wide) { return 0.75L; }, zero}};
  const Truth to = {"lerp(2, x, 1/4)",
                    {[](Wide x) { return (6 + x) / 4; }, [](Wide) { return 0.25L; }, zero}};
  const Truth weight = {"lerp(1, 3, x)",
                        {[](Wide x) { return 1 + 2 * x; }, [](Wide) { return Wide(2); }, zero}};
  const BasicTensor<T> one_tensor = 1, two = 2, three = 3, quarter = 0.25;
  check<T>(from, [&](const auto& x) { return lerp(x, two, 0.25); });
  check<T>(from, [&](const auto& x) { return lerp(x, two, quarter); });
  check<T>(to, [&](const auto& x) { return lerp(two, x, 0.25); });
  check<T>(to, [&](const auto& x) { return lerp(two, x, quarter); });
  check<T>(weight, [&](const auto& x) { return lerp(one_tensor, three, x); });
  check<T>({"lerp(x, x, 1/4)", {same, one, zero}}, [](const auto& x) { return lerp(x, x, 0.25); });
}

BOOST_AUTO_TEST_SUITE_END()
