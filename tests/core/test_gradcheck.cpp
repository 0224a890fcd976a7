// check_grads: it passes right gradients and finds wrong ones, at every order.
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

// The right gradient, which itself has none.
Tensor64 square_once(const Tensor64& x) {
  return record("square_once", times(x, x).detach(), wrt(x, [x = saved(x, "x")](const auto& gy) {
                  return times(gy, times(x(), Tensor64{2, 2}).detach());
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

BOOST_AUTO_TEST_CASE(a_missing_second_derivative_is_found) {
  check_grads([](const Inputs& x) { return square_once(x[0]); }, {{3, 5}}, {.order = 1});
  const std::string message = message_of<Error>([] {
    check_grads([](const Inputs& x) { return square_once(x[0]); }, {{3, 5}});
  });
  BOOST_TEST(message.find("derivative 2 for input 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaked_nodes_are_found) {
  static std::vector<Tensor64> kept;
  const std::string message = message_of<Error>([] {
    check_grads(
        [](const Inputs& x) {
          kept.push_back(times(x[0], x[0]));
          return kept.back();
        },
        {{1, 2}}, {.order = 1});
  });
  BOOST_TEST(message.find("nodes of the graph are still alive after the check") != std::string::npos);
  kept.clear();
}

BOOST_AUTO_TEST_SUITE_END()
