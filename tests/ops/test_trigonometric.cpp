// Gradients of trigonometric and hyperbolic functions; their values are in test_formula.cpp.
#include <boost/test/unit_test.hpp>

#include <xtape/ops/trigonometric.hpp>

#include "tests/support/elementwise.hpp"

using namespace xtape;

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

BOOST_AUTO_TEST_SUITE_END()
