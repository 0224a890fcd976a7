// softmax and log_softmax: values, gradients, impossible and huge rows, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/softmax.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::close;
using test::equal;
using test::inf;
using test::message_of;
using test::random;
using test::random_leaf;
using test::text_of;

namespace {

const auto over = [](index_t axis) {
  return [axis](const std::vector<Tensor64>& x) { return softmax(x[0], axis); };
};
const auto log_over = [](index_t axis) {
  return [axis](const std::vector<Tensor64>& x) { return log_softmax(x[0], axis); };
};

}  // namespace

BOOST_AUTO_TEST_SUITE(softmax_ops)

BOOST_AUTO_TEST_CASE(values_of_a_row) {
  const Tensor64 x = {1, 2, 3};
  const double total = std::exp(1) + std::exp(2) + std::exp(3);
  BOOST_TEST(close(softmax(x), {std::exp(1) / total, std::exp(2) / total, std::exp(3) / total}, 1e-15));
  BOOST_TEST(close(log_softmax(x), {1 - std::log(total), 2 - std::log(total), 3 - std::log(total)}, 1e-15));
}

BOOST_AUTO_TEST_CASE(values_along_every_axis) {
  const auto x = random({3, 4, 5}, 1);
  for (const index_t axis : {0, 1, 2, -1, -2, -3}) {
    const auto e = exp(x);
    const auto want = e / sum(e, axis, {.keep_dims = true});
    BOOST_TEST(close(softmax(x, axis), want, 1e-14));
    BOOST_TEST(close(log_softmax(x, axis), log(want), 1e-14));
  }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{5}, Shape{2, 3, 4}, Shape{3, 1}, Shape{1}, Shape{0, 3}, Shape{3, 0}})
    for (index_t axis = 0; axis < static_cast<index_t>(shape.size()); ++axis) {
      check_grads(over(axis), {random(shape, 2)});
      check_grads(log_over(axis), {random(shape, 3)});
    }
}

BOOST_AUTO_TEST_CASE(gradients_above_the_grain) {
  const Tensor64 x = random({131, 257}, 4);
  for (const index_t axis : {0, 1}) {
    check_grads(over(axis), {x});
    check_grads(log_over(axis), {x});
  }
  check_grads(over(0), {random({70001}, 10)});  // which threads share
  check_grads(log_over(0), {random({70001}, 11)});
}

BOOST_AUTO_TEST_CASE(kernel_and_composed_gradients_agree) {
  for (const index_t axis : {0, 1, 2}) {
    const Shape shape{4, 7, 5};
    agreed_gradients(over(axis), {random(shape, 5)}, random(shape, 6));
    agreed_gradients(log_over(axis), {random(shape, 5)}, random(shape, 7));
  }
}

BOOST_AUTO_TEST_CASE(impossible_elements_get_nothing) {
  const Tensor64 x = {{0, -inf, 0}, {-inf, 5, -inf}}, gy = {{1, 2, 4}, {1, 2, 4}};
  BOOST_TEST(equal(softmax(x), {{0.5, 0, 0.5}, {0, 1, 0}}));
  BOOST_TEST(close(log_softmax(x), {{-std::log(2), -inf, -std::log(2)}, {-inf, 0, -inf}}, 1e-15));
  BOOST_TEST(close(agreed_gradients(over(1), {x}, gy)[0], {{-0.75, 0, 0.75}, {0, 0, 0}}, 1e-15));
  BOOST_TEST(close(agreed_gradients(log_over(1), {x}, gy)[0], {{-2.5, 2, 0.5}, {1, -5, 4}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(an_impossible_row_gives_zeros_and_no_gradient) {
  const Tensor64 x = {{-inf, -inf}, {1, 1}}, gy = {{1, 2}, {3, 5}};
  BOOST_TEST(equal(softmax(x), {{0, 0}, {0.5, 0.5}}));
  BOOST_TEST(close(log_softmax(x), {{-inf, -inf}, {-std::log(2), -std::log(2)}}, 1e-15));
  BOOST_TEST(equal(agreed_gradients(over(1), {x}, gy)[0], {{0, 0}, {-0.5, 0.5}}));
  BOOST_TEST(close(agreed_gradients(log_over(1), {x}, gy)[0], {{0, 0}, {-1, 1}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(an_impossible_column_gives_zeros_and_no_gradient) {
  const Tensor64 x = {{-inf, 1}, {-inf, 1}}, gy = {{1, 2}, {3, 5}};
  BOOST_TEST(equal(softmax(x, 0), {{0, 0.5}, {0, 0.5}}));
  BOOST_TEST(close(log_softmax(x, 0), {{-inf, -std::log(2)}, {-inf, -std::log(2)}}, 1e-15));
  BOOST_TEST(equal(agreed_gradients(over(0), {x}, gy)[0], {{0, -0.75}, {0, 0.75}}));
  BOOST_TEST(close(agreed_gradients(log_over(0), {x}, gy)[0], {{0, -1.5}, {0, 1.5}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(huge_values_do_not_overflow) {
  const Tensor x = {1e30F, 1e30F, -1e30F, 3e38F};
  BOOST_TEST(equal(softmax(x), {0, 0, 0, 1}));
  BOOST_TEST(equal(log_softmax(Tensor{1e4F, 1e4F - 1000}), {0, -1000}));
}

BOOST_AUTO_TEST_CASE(the_gradient_does_not_read_x) {
  auto x = Tensor64{1, 2, 3};
  const auto y = softmax(x + Tensor64(0).requires_grad_());
  {
    const NoGrad writing;
    x.assign({7, 8, 9});
  }
  y.backward(Tensor64{1, 0, 0});
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    const auto x = random_leaf<float>({133, 301}, 8);
    const auto y = softmax(x, 1) * log_softmax(x, 0);
    y.backward(random<float>({133, 301}, 9));
    return test::values<float>({x.grad()});
  });
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2, 3});
  const auto wrong_axis = [&] { softmax(x, 2); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(wrong_axis) ==
             "softmax: axis 2 is out of range for shape (2, 3); axes go from -2 to 1" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([&] { log_softmax(Tensor(1), 0); }) ==
             "log_softmax: axis 0 of a scalar of shape (), which has no axes");
}

BOOST_AUTO_TEST_SUITE_END()
