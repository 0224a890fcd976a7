// Losses of single elements: values, reductions, gradients, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/rounding.hpp>
#include <xtape/ops/softmax.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::inf;
using test::random;
using test::text_of;

namespace {

using Inputs = std::vector<Tensor64>;
using Loss = std::function<Tensor64(const Tensor64&, const Tensor64&, Reduction)>;

/// The losses of elements, reduced in each way, and gradients to order two.
void check_reductions_and_gradients(const Loss& loss) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}, Shape{3, 4}, Shape{131, 57}}) {
    // Differences are odd multiples of 1/8: no step of check_grads crosses a corner.
    const auto x = 0.5 * floor(2 * random(shape, 1)) + 0.125, target = 0.5 * ceil(exp(random(shape, 2)));
    const auto each = loss(x, target, Reduction::none);
    BOOST_TEST(close(loss(x, target, Reduction::sum), sum(each), 1e-15));
    BOOST_TEST(close(loss(x, target, Reduction::mean), mean(each), 1e-15));
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
      check_grads([&](const Inputs& in) { return loss(in[0], in[1], reduction); }, {x, target});
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(loss_ops)

BOOST_AUTO_TEST_CASE(mse_loss_values_and_gradients) {
  BOOST_TEST(equal(mse_loss(Tensor64{1, 2, 3}, Tensor64{1, 4, 0}), 13 / 3.0));
  check_reductions_and_gradients(
      [](auto& x, auto& t, Reduction r) { return mse_loss(x, t, {.reduction = r}); });
}

BOOST_AUTO_TEST_CASE(l1_loss_values_and_gradients) {
  BOOST_TEST(close(l1_loss(Tensor64{0, 1, 3}, Tensor64{0.5, -1, 0}), 5.5 / 3, 1e-15));
  check_reductions_and_gradients(
      [](auto& x, auto& t, Reduction r) { return l1_loss(x, t, {.reduction = r}); });
  const auto x = Tensor64{1, 2}.requires_grad_();
  l1_loss(x, Tensor64{1, 3}, {.reduction = Reduction::sum}).backward();
  BOOST_TEST(equal(x.grad(), {0, -1}));
}

BOOST_AUTO_TEST_CASE(huber_loss_values_and_gradients) {
  const Tensor64 x = {0, 1, 3, inf}, target = {0.5, -1, 0, 0};
  BOOST_TEST(
      equal(huber_loss(x, target, {.delta = 1.5, .reduction = Reduction::none}), {0.125, 1.875, 3.375, inf}));
  check_reductions_and_gradients(
      [](auto& a, auto& t, Reduction r) { return huber_loss(a, t, {.delta = 0.75, .reduction = r}); });
  const Tensor64 met = Tensor64{0.5}.requires_grad_();  // d = 0, where the curvature is 1 as around it
  const auto slope = grad(huber_loss(met, Tensor64{0.5}), met, {.create_graph = true});
  BOOST_TEST(grad(sum(slope), met).item() == 1);
  BOOST_TEST(text_of<ValueError>([&] { huber_loss(x, target, {.delta = 0}); }) ==
             "huber_loss: delta = 0; it is greater than 0");
}

BOOST_AUTO_TEST_CASE(kl_div_values_and_gradients) {
  const Tensor64 x = log_softmax(Tensor64{1, 2, 3}), target = {0.5, 0, 0.5};
  BOOST_TEST(close(kl_div(x, target, {.reduction = Reduction::none}),
                   {0.8572293919422176, 0, -0.14277060805778244}, 1e-15));
  BOOST_TEST(close(kl_div(x, target), 0.23815292796147838, 1e-15));
  BOOST_TEST(close(kl_div(x, log(target), {.log_target = true}), 0.23815292796147838, 1e-15));
  for (const bool logs : {false, true})
    check_reductions_and_gradients(
        [&](auto& a, auto& t, Reduction r) { return kl_div(a, t, {.log_target = logs, .reduction = r}); });
}

BOOST_AUTO_TEST_CASE(kl_div_without_probability_is_nothing) {
  const auto x = Tensor64{-inf, -1}.requires_grad_(), target = Tensor64{0, 1}.requires_grad_();
  const auto y = kl_div(x, target, {.reduction = Reduction::sum});
  BOOST_TEST(equal(y, 1));
  y.backward();
  BOOST_TEST(equal(x.grad(), {0, -1}));
  BOOST_TEST(equal(target.grad(), {0, 2}));
  BOOST_TEST(equal(kl_div(x, Tensor64{-inf, 0}, {.log_target = true, .reduction = Reduction::sum}), 1));
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_values_and_gradients) {
  const Tensor64 x = {0, 2, -2}, target = {1, 0, 0.25};
  const double p = 1 / (1 + std::exp(-2));
  const double want = -(std::log(0.5) + std::log(1 - p) + 0.25 * std::log(1 - p) + 0.75 * std::log(p)) / 3;
  BOOST_TEST(close(binary_cross_entropy_with_logits(x, target), want, 1e-15));
  BOOST_TEST(
      close(binary_cross_entropy_with_logits(x, target, {.pos_weight = 3, .reduction = Reduction::none}),
            {2.0794415416798357, 2.1269280110429727, 1.6903920165644593}, 1e-15));
  check_reductions_and_gradients(
      [](auto& a, auto& t, Reduction r) { return binary_cross_entropy_with_logits(a, t, {.reduction = r}); });
  for (const Shape& shape : {Shape{3, 4}, Shape{0, 4}, Shape{131, 4}})
    check_grads(
        [](const Inputs& in) {
          return binary_cross_entropy_with_logits(in[0], in[1],
                                                  {.pos_weight = in[2], .reduction = Reduction::none});
        },
        {random(shape, 11), random(shape, 12), random({4}, 13)});
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_keeps_its_precision_where_it_is_small) {
  const float small = std::exp(-20.F);
  for (const auto& [x, target] : {std::pair{20.F, 1.F}, {-20.F, 0.F}})
    BOOST_TEST(std::abs(binary_cross_entropy_with_logits(Tensor(x), Tensor(target)).item() / small - 1) <
               1e-6);
  for (const auto& [x, target] : {std::pair{1e30F, 0.F}, {-1e30F, 1.F}})
    BOOST_TEST(binary_cross_entropy_with_logits(Tensor(x), Tensor(target)).item() == 1e30F);
}

BOOST_AUTO_TEST_CASE(shapes_that_differ_are_named) {
  const Tensor x = zeros({2, 3}), target = zeros({3});
  const std::string rest = ": x and target differ in shape: (2, 3) and (3,)";
  BOOST_TEST(text_of<ShapeError>([&] { mse_loss(x, target); }) == "mse_loss" + rest);
  BOOST_TEST(text_of<ShapeError>([&] { l1_loss(x, target); }) == "l1_loss" + rest);
  BOOST_TEST(text_of<ShapeError>([&] { huber_loss(x, target); }) == "huber_loss" + rest);
  BOOST_TEST(text_of<ShapeError>([&] { kl_div(x, target); }) == "kl_div" + rest);
  BOOST_TEST(text_of<ShapeError>([&] { binary_cross_entropy_with_logits(x, target); }) ==
             "binary_cross_entropy_with_logits" + rest);
  BOOST_TEST(text_of<ShapeError>([&] {
               binary_cross_entropy_with_logits(x, x, {.pos_weight = ones({2})});
             }) == "binary_cross_entropy_with_logits: shape (2,) does not broadcast to (2, 3)");
}

BOOST_AUTO_TEST_SUITE_END()
