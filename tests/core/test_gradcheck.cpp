// check_grads: it passes right gradients at every order, and says where a wrong one is.
#include <boost/test/unit_test.hpp>

#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/core/record.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::times;

namespace {

using Inputs = std::vector<Tensor64>;

// x * x with its gradient scaled.
Tensor64 square(const Tensor64& x, double factor) {
  return record("square", times(x, x).detach(), wrt(x, [x = saved(x, "x"), factor](const auto& gy) {
                  return times(times(gy, x()), Tensor64(xt::ones<double>({x().shape(0)}) * 2 * factor));
                }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gradcheck)

BOOST_AUTO_TEST_CASE(right_gradients_pass_to_any_order) {
  const Inputs inputs = {{0.3, -1.2, 4}, {2, 0.1, -3}};
  check_grads([](const Inputs& x) { return times(times(x[0], x[1]), x[0]); }, inputs, {.order = 3});
}

BOOST_AUTO_TEST_CASE(large_inputs_are_checked_along_directions) {
  Generator generator(1);
  check_grads([](const Inputs& x) { return square(x[0], 1); }, {randn<double>({1000}, generator)});
  BOOST_CHECK_THROW(
      check_grads([](const Inputs& x) { return square(x[0], 1.001); }, {randn<double>({1000}, generator)}),
      Error);
}

BOOST_AUTO_TEST_CASE(a_wrong_gradient_is_named) {
  const std::string message = message_of<Error>([] {
    check_grads([](const Inputs& x) { return square(x[0], 1.01); }, {{3, 5}}, {.order = 1});
  });
  BOOST_TEST(
      message.starts_with("check_grads: square: derivative 1 for input 0 (2,) at element 0: analytic "));
  BOOST_TEST(message.find("numeric ") != std::string::npos);
  BOOST_TEST(message.find("at test_gradcheck.cpp:") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
