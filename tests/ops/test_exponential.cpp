// Gradients of exponentials and logarithms; their values are in test_formula.cpp.
#include <boost/test/unit_test.hpp>

#include <xtape/ops/exponential.hpp>

#include "tests/support/elementwise.hpp"

using namespace xtape;

BOOST_AUTO_TEST_SUITE(exponential)

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_unary([](const Tensor64& x) { return exp(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return expm1(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return log(x); }, 0.5, 3);
  test::check_unary([](const Tensor64& x) { return log1p(x); }, -0.5, 3);
  test::check_unary([](const Tensor64& x) { return log2(x); }, 0.5, 3);
}

BOOST_AUTO_TEST_SUITE_END()
