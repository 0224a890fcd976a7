// Powers and roots: gradients, and the conventions at base and exponent zero.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/ops/power.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

Tensor64 gradient(const Tensor64& y, const Tensor64& x) {
  return grad(y, x, {.grad_outputs = {ones_like(y)}, .create_graph = true});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 x = {0.25, 4, 9};
  BOOST_TEST(equal(sqrt(x), {0.5, 2, 3}));
  BOOST_TEST(equal(rsqrt(x), {2, 0.5, 1.0 / 3}));
  BOOST_TEST(equal(square(x), {0.0625, 16, 81}));
  BOOST_TEST(equal(reciprocal(x), {4, 0.25, 1.0 / 9}));
  BOOST_TEST(close(pow(x, 1.5), {0.125, 8, 27}, 1e-15));
  BOOST_TEST(close(pow(x, Tensor64{{0, 0, 0}, {-1, -1, -1}}), {{1, 1, 1}, {4, 0.25, 1.0 / 9}}, 1e-15));
  BOOST_TEST(close(pow(2, x), {std::pow(2, 0.25), 16, 512}, 1e-15));
}

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_unary([](const Tensor64& x) { return sqrt(x); }, 0.5, 3);
  test::check_unary([](const Tensor64& x) { return rsqrt(x); }, 0.5, 3);
  test::check_unary([](const Tensor64& x) { return square(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return reciprocal(x); }, 0.5, 3);
  for (const double exponent : {2.0, 3.0, 0.0, 1.0, -1.5})
    test::check_unary([=](const Tensor64& x) { return pow(x, exponent); }, 0.5, 2);
  test::check_unary([](const Tensor64& x) { return pow(x, 3); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return pow(1.7, x); }, -2, 2);
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return pow(a, b); }, 0.5, 2);
}

BOOST_AUTO_TEST_CASE(gradients_at_zero) {
  const auto zero = Tensor64{0, 0, 0, 0}.requires_grad_();
  BOOST_TEST(equal(gradient(sqrt(zero), zero), full_like(zero, inf)));
  BOOST_TEST(equal(gradient(pow(zero, 0), zero), zeros_like(zero)));
  BOOST_TEST(equal(gradient(pow(zero, 1), zero), ones_like(zero)));
  BOOST_TEST(equal(gradient(gradient(pow(zero, 2), zero), zero), full_like(zero, 2)));
  BOOST_TEST(equal(gradient(gradient(pow(zero, 2.0 + 1e-9), zero), zero), zeros_like(zero)));

  const auto exponent = Tensor64{0, 1, 2, -1}.requires_grad_();
  BOOST_TEST(equal(pow(zero, exponent), {1, 0, 0, inf}));
  BOOST_TEST(equal(gradient(pow(zero, exponent), zero), {0, 1, 0, -inf}));
  BOOST_TEST(equal(gradient(pow(zero, exponent), exponent), {0, 0, 0, -inf}));
}

BOOST_AUTO_TEST_CASE(negative_bases_with_integer_exponents) {
  const auto x = Tensor64{-2, -0.5}.requires_grad_();
  BOOST_TEST(close(pow(x, -3), {-0.125, -8}, 1e-15));
  BOOST_TEST(close(gradient(pow(x, -3), x), {-3.0 / 16, -48}, 1e-15));
  BOOST_TEST(close(gradient(pow(x, Tensor64{3, 2}), x), {12, -1}, 1e-15));
}

BOOST_AUTO_TEST_SUITE_END()
