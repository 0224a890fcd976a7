// Size, sign and rounding: gradients; the values are in test_formula.cpp.
#include <boost/test/unit_test.hpp>

#include <xtape/ops/rounding.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;

BOOST_AUTO_TEST_SUITE(rounding)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 x = {-1.5, -0.5, 0, 0.5, 1.5, 2.5};
  BOOST_TEST(equal(abs(x), {1.5, 0.5, 0, 0.5, 1.5, 2.5}));
  BOOST_TEST(equal(sign(x), {-1, -1, 0, 1, 1, 1}));
  BOOST_TEST(equal(floor(x), {-2, -1, 0, 0, 1, 2}));
  BOOST_TEST(equal(ceil(x), {-1, 0, 0, 1, 2, 3}));
  BOOST_TEST(equal(round(x), {-2, 0, 0, 0, 2, 2}));
}

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_unary([](const Tensor64& x) { return abs(x); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return sign(x); }, 0.1, 0.9);
  test::check_unary([](const Tensor64& x) { return floor(x); }, 0.1, 0.9);
  test::check_unary([](const Tensor64& x) { return ceil(x); }, 0.1, 0.9);
  test::check_unary([](const Tensor64& x) { return round(x); }, 0.6, 0.9);
  const auto x = Tensor64{0, -3}.requires_grad_();
  BOOST_TEST(equal(grad(abs(x), x, {.grad_outputs = {Tensor64{1, 1}}}), {0, -1}));
}

BOOST_AUTO_TEST_SUITE_END()
