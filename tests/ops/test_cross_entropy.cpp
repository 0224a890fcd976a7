// cross_entropy and nll_loss: values, gradients, rows that do not count, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/cross_entropy.hpp>
#include <xtape/ops/exponential.hpp>
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

using Inputs = std::vector<Tensor64>;

auto against(Indices targets, CrossEntropyOptions options = {}) {
  return [=](const Inputs& x) { return cross_entropy(x[0], targets, options); };
}

/// Targets for logits of `shape`, a few of which are -1.
Indices some_targets(Shape shape, std::uint64_t seed) {
  const index_t classes = shape.back();
  shape.pop_back();
  Generator generator(seed);
  return randint(shape.empty() ? 0 : -1, classes, shape, generator);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cross_entropy_op)

BOOST_AUTO_TEST_CASE(cross_entropy_values) {
  const Tensor64 logits = {{1, 2, 3}, {0, 0, 0}};
  const double first = std::log(std::exp(1) + std::exp(2) + std::exp(3)),
               second = std::log(3);  // log-sum-exp
  BOOST_TEST(close(cross_entropy(logits, {2, 0}), (first - 3 + second) / 2, 1e-15));
  BOOST_TEST(close(cross_entropy(logits, {0, -100}), first - 1, 1e-15));
  BOOST_TEST(close(cross_entropy(logits, {1, 2}, {.ignore_index = 2}), first - 2, 1e-15));
  BOOST_TEST(close(cross_entropy(logits, {2, 0}, {.label_smoothing = 0.3}),
                   (0.7 * (first - 3) + 0.3 * (first - 2) + second) / 2, 1e-15));
  BOOST_TEST(close(cross_entropy(Tensor64{1, 2, 3}, Indices{1}.reshape({})), first - 2, 1e-15));
}

BOOST_AUTO_TEST_CASE(cross_entropy_values_and_gradients_equal_the_composed_form) {
  for (const Shape& shape : {Shape{5}, Shape{4, 7}, Shape{2, 3, 5}, Shape{3, 1}, Shape{131, 257}})
    for (const double smoothing : {0.0, 0.1, 1.0}) {
      const auto logits = random(shape, 1);
      const auto targets = some_targets(shape, 2);
      const CrossEntropyOptions options = {.ignore_index = -1, .label_smoothing = smoothing};
      BOOST_TEST(close(cross_entropy(logits, targets, options),
                       composed::cross_entropy(logits, targets, options), 1e-14));
      agreed_gradients(against(targets, options), {logits}, 1.5);
    }
}

BOOST_AUTO_TEST_CASE(cross_entropy_gradients_to_order_two) {
  for (const Shape& shape :
       {Shape{5}, Shape{4, 7}, Shape{2, 3, 5}, Shape{3, 1}, Shape{1, 2}, Shape{131, 257}})
    for (const double smoothing : {0.0, 0.1})
      check_grads(against(some_targets(shape, 3), {.ignore_index = -1, .label_smoothing = smoothing}),
                  {random(shape, 4)});
}

BOOST_AUTO_TEST_CASE(where_no_row_counts_the_loss_is_nan_and_the_gradient_zero) {
  for (const double smoothing : {0.0, 0.1}) {
    const auto ignoring = against({7, 7}, {.ignore_index = 7, .label_smoothing = smoothing});
    const auto logits = random({2, 3}, 5);
    BOOST_TEST(std::isnan(ignoring({logits}).item()));
    BOOST_TEST(equal(agreed_gradients(ignoring, {logits}, 1)[0], zeros<double>({2, 3})));
  }
  const auto nothing = agreed_gradients(against(Indices()), {zeros<double>({0, 3})}, 1)[0];
  BOOST_TEST((nothing.shape() == Shape{0, 3}));
  BOOST_TEST(std::isnan(cross_entropy(zeros({0, 3}), Indices()).item()));
}

BOOST_AUTO_TEST_CASE(impossible_classes) {
  const Tensor64 logits = {{0, -inf, 0}, {-inf, 1, -inf}};
  BOOST_TEST(close(cross_entropy(logits, {2, 1}), std::log(2) / 2, 1e-15));
  BOOST_TEST(close(agreed_gradients(against({2, 1}), {logits}, 2)[0], {{0.5, 0, -0.5}, {0, 0, 0}}, 1e-15));
  BOOST_TEST(equal(cross_entropy(logits, {1, 1}), inf));
  BOOST_TEST(equal(cross_entropy(logits, {2, 1}, {.label_smoothing = 0.1}), inf));
}

BOOST_AUTO_TEST_CASE(an_impossible_row_has_an_infinite_loss_and_no_gradient) {
  const Tensor64 logits = {{-inf, -inf}, {0, 0}};
  BOOST_TEST(equal(cross_entropy(logits, {0, 0}), inf));
  BOOST_TEST(close(agreed_gradients(against({0, 0}), {logits}, 2)[0], {{0, 0}, {-0.5, 0.5}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(huge_logits_do_not_overflow) {
  const auto logits = Tensor{{3e38F, 0, -3e38F}, {1e4F, 1e4F, 1e4F}}.requires_grad_();
  const auto y = cross_entropy(logits, {0, 1});
  BOOST_TEST(close(y, std::log(3.F) / 2, 1e-6));
  y.backward();
  BOOST_TEST(close(logits.grad(), {{0, 0, 0}, {1 / 6.F, -1 / 3.F, 1 / 6.F}}, 1e-7));
}

BOOST_AUTO_TEST_CASE(a_changed_input_is_refused) {
  auto logits = random_leaf({2, 3}, 6);
  const auto y = cross_entropy(logits, {0, 1});
  const NoGrad writing;
  logits.assign(zeros<double>({2, 3}));
  BOOST_TEST(
      text_of<GraphError>([&] { y.backward(); }) ==
      "cross_entropy: its gradient needs the value that logits (2, 3) had, but it was written since; run "
      "backward before writing, or give the op a clone()");
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    const Shape shape{1033, 257};
    const auto logits = random_leaf<float>(shape, 7);
    const auto y =
        cross_entropy(logits, some_targets(shape, 8), {.ignore_index = -1, .label_smoothing = 0.1});
    y.backward();
    return test::values<float>({y, logits.grad()});
  });
}

BOOST_AUTO_TEST_CASE(cross_entropy_errors) {
  const Tensor logits = zeros({2, 3, 4});
  const auto wrong = [&] { cross_entropy(logits, {{0, 1, 2}, {3, 4, 0}}); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<IndexError>(wrong) ==
             "cross_entropy: index 4 at position 4 is out of range; there are 4 to choose from, 0 to 3" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<IndexError>([&] {
               cross_entropy(logits, {{0, 1, 2}, {-1, 0, 0}});
             }) ==
             "cross_entropy: index -1 at position 3 is out of range; there are 4 to choose from, 0 to 3");
  BOOST_TEST(
      text_of<ShapeError>([&] {
        cross_entropy(logits, {0, 1});
      }) ==
      "cross_entropy: targets of shape (2,) do not fit logits of shape (2, 3, 4), the last axis of which "
      "holds the classes; they need (2, 3)");
  BOOST_TEST(text_of<ShapeError>([&] { cross_entropy(Tensor(1), {0}); }) ==
             "cross_entropy: logits needs at least 1 axis, not shape ()");
  BOOST_TEST(text_of<ValueError>([&] {
               cross_entropy(logits, {{0, 1, 2}, {3, 2, 0}}, {.label_smoothing = 1.5});
             }) == "cross_entropy: label_smoothing = 1.5 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_rows_and_their_sum) {
  const Tensor64 logits = {{1, 2, 3}, {0, 0, 0}, {5, 0, 0}};
  const double first = std::log(std::exp(1) + std::exp(2) + std::exp(3)) - 3;
  const Indices targets = {2, 1, -100};
  BOOST_TEST(
      close(cross_entropy(logits, targets, {.reduction = Reduction::none}), {first, std::log(3), 0}, 1e-15));
  BOOST_TEST(
      close(cross_entropy(logits, targets, {.reduction = Reduction::sum}), first + std::log(3), 1e-15));
  for (const Shape& shape : {Shape{5}, Shape{2, 3, 5}, Shape{0, 3}, Shape{131, 57}})
    for (const Reduction reduction : {Reduction::none, Reduction::sum}) {
      const auto some = some_targets(shape, 3);
      const CrossEntropyOptions options = {
          .ignore_index = -1, .label_smoothing = 0.1, .reduction = reduction};
      const auto x = random(shape, 4), y = cross_entropy(x, some, options);
      BOOST_TEST(close(y, composed::cross_entropy(x, some, options), 1e-13));
      agreed_gradients(against(some, options), {x}, random(y.shape(), 5));
      check_grads(against(some, options), {x});
    }
}

BOOST_AUTO_TEST_CASE(nll_loss_values) {
  const Tensor64 x = log_softmax(Tensor64{{1, 2, 3}, {0, 0, 0}, {1, 0, -1}});
  const Tensor64 weight = {1, 2, 4};
  BOOST_TEST(close(nll_loss(x, {2, 0, 1}), 0.9712747391856236, 1e-15));
  BOOST_TEST(close(nll_loss(x, {2, 0, 1}, {.weight = weight}), 0.7920354393334845, 1e-15));
  BOOST_TEST(close(nll_loss(x, {2, -100, 1}, {.weight = weight}), 0.7409392977777137, 1e-15));
  BOOST_TEST(
      close(nll_loss(x, {2, 0, 1}, {.ignore_index = 0, .weight = weight, .reduction = Reduction::none}),
            {1.6304238577775216, 0, 2.8152119288887607}, 1e-15));
  BOOST_TEST(close(nll_loss(x, {2, 0, 1}, {.reduction = Reduction::sum}), 3 * 0.9712747391856236, 1e-15));
  BOOST_TEST(equal(nll_loss(Tensor64{{0, -inf}}, {0}), 0));
  BOOST_TEST(std::isnan(nll_loss(x, {7, 7, 7}, {.ignore_index = 7}).item()));
}

BOOST_AUTO_TEST_CASE(nll_loss_gradients) {
  for (const Shape& shape : {Shape{5}, Shape{2, 3, 5}, Shape{9, 1}, Shape{131, 57}})
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
      const auto targets = some_targets(shape, 6);
      const auto plain = [&](const Inputs& in) {
        return nll_loss(in[0], targets, {.ignore_index = -1, .reduction = reduction});
      };
      const auto weighted = [&](const Inputs& in) {
        return nll_loss(in[0], targets, {.ignore_index = -1, .weight = exp(in[1]), .reduction = reduction});
      };
      check_grads(plain, {random(shape, 7)});
      check_grads(weighted, {random(shape, 7), random({shape.back()}, 8)});
    }
  const auto x = random_leaf({2, 3}, 9);
  nll_loss(x, {-100, -100}, {.weight = ones<double>({3})}).backward();
  BOOST_TEST(equal(x.grad(), zeros<double>({2, 3})));
}

BOOST_AUTO_TEST_CASE(nll_loss_errors) {
  const Tensor x = zeros({2, 3});
  BOOST_TEST(text_of<IndexError>([&] {
               nll_loss(x, {0, 3});
             }) == "nll_loss: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2");
  BOOST_TEST(text_of<ShapeError>([&] {
               nll_loss(x, {0, 1, 2});
             }) ==
             "nll_loss: targets of shape (3,) do not fit x of shape (2, 3), the last axis of which holds the "
             "classes; they need (2,)");
  BOOST_TEST(text_of<ShapeError>([&] {
               nll_loss(x, {0, 1}, {.weight = ones({2})});
             }) == "nll_loss: weight and a row of x differ in shape: (2,) and (3,)");
}

BOOST_AUTO_TEST_SUITE_END()
