// Gradients of trigonometric and hyperbolic functions, whose values are in test_formula.cpp; quadrants and
// extremes of atan2.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/trigonometric.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::text_of;

BOOST_AUTO_TEST_SUITE(trigonometric)

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_unary([](const Tensor64& x) { return sin(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return cos(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return tan(x); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return atan(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return sinh(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return cosh(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return tanh(x); }, -2, 2);
}

BOOST_AUTO_TEST_CASE(atan2_of_every_quadrant) {
  const double pi = std::acos(-1.0), inf = std::numeric_limits<double>::infinity();
  const Tensor64 y = {{1, 1, -1, -1}, {0, 0.0, -0.0, inf}}, x = {{1, -1, -1, 1}, {2, -2, -2, -inf}};
  BOOST_TEST(
      close(atan2(y, x), {{pi / 4, 3 * pi / 4, -3 * pi / 4, -pi / 4}, {0, pi, -pi, 3 * pi / 4}}, 1e-15));
  BOOST_TEST(close(atan2(Tensor64{1, -2}, 0), {pi / 2, -pi / 2}, 1e-15));
  BOOST_TEST(std::isnan(atan2(Tensor64(0), std::nan("")).item()));
  BOOST_TEST(text_of<ShapeError>([&] {
               atan2(y, Tensor64{1, 2});
             }) == "atan2: shapes (2, 4) and (2,) do not broadcast: axis 1 from the last has 4 and 2");
}

BOOST_AUTO_TEST_CASE(atan2_has_gradients_in_both) {
  const auto around = [](const Tensor64& a, const Tensor64& b) { return atan2(a + 2.5, b - 1.0 / 1024); };
  test::check_binary(around, -2, 2);
  test::check_binary([&](const Tensor64& a, const Tensor64& b) { return around(b, a); }, -2, 2);
}

BOOST_AUTO_TEST_CASE(atan2_near_the_origin_and_far_away) {
  const auto y = Tensor{0, 3e-30F, -3e30F, 0, 1}.requires_grad_();
  const auto x = Tensor{0, 4e-30F, 4e30F, -2e30F, INFINITY}.requires_grad_();
  sum(atan2(y, x)).backward();
  const Tensor scales = {1, 1e-29F, 1e30F, 1e30F, 1};
  BOOST_TEST(close(y.grad() * scales, {0, 1.6F, 0.16F, -0.5F, 0}, 1e-6));
  BOOST_TEST(close(x.grad() * scales, {0, -1.2F, 0.12F, 0, 0}, 1e-6));
}

BOOST_AUTO_TEST_SUITE_END()
