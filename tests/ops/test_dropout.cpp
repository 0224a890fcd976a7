// dropout: what is dropped, how often, and that the gradient drops the same.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/kernels/dropout_mask.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::inf;
using test::message_of;
using test::random;
using test::random_leaf;
using test::text_of;

namespace {

/// What dropout multiplies with, element by element.
Tensor64 scales(const Shape& shape, double p, const Generator& generator) {
  auto y = uninitialized<double>(shape);
  const kernels::DropoutMask mask{p, {generator.seed(), generator.position()}, y.size()};
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = mask.keeps_naive(i) ? 1 / (1 - p) : 0;
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dropout_op)

BOOST_AUTO_TEST_CASE(values_and_gradients_follow_the_numbers_of_the_generator) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}, Shape{3, 5, 7}, Shape{131, 301}})
    for (const double p : {0.1, 0.5, 0.9}) {
      Generator generator(7);
      generator.set_position(12);
      const auto scale = scales(shape, p, generator);
      const auto x = random_leaf(shape, 1), gy = random(shape, 2);
      const auto y = dropout(x, p, generator);
      BOOST_TEST(close(y, x * scale, 1e-15));
      y.backward(gy);
      BOOST_TEST(close(x.grad(), gy * scale, 1e-15));
    }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{1, 1}, Shape{2, 0}, Shape{131, 257}})
    for (const double p : {0.0, 0.3, 1.0})
      check_grads(
          [p](const std::vector<Tensor64>& x) {
            Generator generator(3);
            return dropout(x[0] * x[0], p, generator);
          },
          {random(shape, 3)});
}

BOOST_AUTO_TEST_CASE(a_part_p_is_dropped_and_the_mean_stays) {
  Generator generator(4);
  const index_t n = 1 << 20;
  for (const double p : {0.01, 0.2, 0.5, 0.97}) {
    const auto y = dropout(ones<double>({n}), p, generator);
    double dropped = 0, sum = 0;
    for (const double v : test::values<double>({y})) dropped += v == 0, sum += v;
    const double five_sigma = 5 * std::sqrt(p * (1 - p) * n);
    BOOST_TEST(std::abs(dropped - p * n) < five_sigma);
    BOOST_TEST(std::abs(sum - n) < five_sigma / (1 - p));
  }
}

BOOST_AUTO_TEST_CASE(no_two_calls_drop_the_same) {
  Generator generator(5);
  const Tensor x = ones({1000});
  const auto first = dropout(x, 0.5, generator), second = dropout(x, 0.5, generator);
  BOOST_TEST(!equal(first, second));
  generator.manual_seed(5);
  BOOST_TEST(equal(dropout(x, 0.5, generator), first));
  manual_seed(5);
  BOOST_TEST(equal(dropout(x, 0.5), first));
}

BOOST_AUTO_TEST_CASE(zero_gives_x_itself_and_draws_nothing) {
  Generator generator(6);
  const auto x = random_leaf({3, 4}, 4);
  const auto y = dropout(x, 0, generator);
  BOOST_TEST((y.storage() == x.storage() && y.node() == x.node()));
  BOOST_TEST(generator.position() == 0);
}

BOOST_AUTO_TEST_CASE(one_gives_zeros_with_zero_gradients) {
  const auto x = Tensor64{1, -inf, inf, test::nan}.requires_grad_();
  const auto y = dropout(x, 1);
  BOOST_TEST(equal(y, {0, 0, 0, 0}));
  y.backward(Tensor64{1, 2, inf, 4});
  BOOST_TEST(equal(x.grad(), {0, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_for_the_gradient) {
  auto x = random_leaf({3, 4}, 5);
  const auto y = dropout(x, 0.5);
  BOOST_TEST(y.node()->saved_bytes == 0U);
  {
    const NoGrad writing;
    x.assign(zeros<double>({3, 4}));
  }
  y.backward(y);
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    Generator generator(8);
    const auto x = random_leaf<float>({133, 1001}, 6);
    const auto y = dropout(x, 0.3, generator);
    y.backward(y);
    return test::values<float>({y, x.grad()});
  });
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2});
  const auto wrong = [&] { dropout(x, 1.5); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ValueError>(wrong) ==
             "dropout: p = 1.5 is not a probability; it lies between 0 and 1" + test::place(__FILE__, line));
  BOOST_TEST(text_of<ValueError>([&] { dropout(x, -0.25); }) ==
             "dropout: p = -0.25 is not a probability; it lies between 0 and 1");
  BOOST_TEST(text_of<ValueError>([&] { dropout(x, test::nan); }) ==
             "dropout: p = nan is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_SUITE_END()
