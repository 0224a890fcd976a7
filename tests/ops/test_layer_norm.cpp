// layer_norm and rms_norm: values, gradients for every set of parameters, what is kept, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/layer_norm.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::close;
using test::equal;
using test::message_of;
using test::random;
using test::random_leaf;
using test::text_of;

namespace {

using Inputs = std::vector<Tensor64>;

const auto with_both = [](const Inputs& x) { return layer_norm(x[0], x[1], x[2]); };
const auto with_weight = [](const Inputs& x) { return layer_norm(x[0], x[1]); };
const auto with_bias = [](const Inputs& x) { return layer_norm(x[0], {}, x[1]); };
const auto plain = [](const Inputs& x) { return layer_norm(x[0]); };

/// Inputs x of `shape`, and a weight and a bias for its last axis.
Inputs inputs_for(const Shape& shape, std::uint64_t seed) {
  return {random(shape, seed), random({shape.back()}, seed + 1), random({shape.back()}, seed + 2)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layer_norm_ops)

BOOST_AUTO_TEST_CASE(values_of_a_row) {
  const Tensor64 x = {1, 2, 3, 4};
  const double rstd = 1 / std::sqrt(1.25 + 1e-5);
  BOOST_TEST(close(layer_norm(x), {-1.5 * rstd, -0.5 * rstd, 0.5 * rstd, 1.5 * rstd}, 1e-15));
  BOOST_TEST(close(
      layer_norm(x, Tensor64{1, 2, 3, 4}, Tensor64{5, 6, 7, 8}, {.eps = 0.75}),
      {5 - 1.5 / std::sqrt(2), 6 - 1 / std::sqrt(2), 7 + 1.5 / std::sqrt(2), 8 + 6 / std::sqrt(2)}, 1e-15));
}

BOOST_AUTO_TEST_CASE(values_equal_the_composed_form) {
  for (const Shape& shape :
       {Shape{7}, Shape{2, 3, 8}, Shape{4, 1}, Shape{0, 3}, Shape{3, 0}, Shape{65, 301}}) {
    const auto in = inputs_for(shape, 1);
    const Tensor64 none;
    BOOST_TEST(close(with_both(in), composed::layer_norm(in[0], in[1], in[2], 1, 1e-5), 1e-12));
    BOOST_TEST(close(with_weight(in), composed::layer_norm(in[0], in[1], none, 1, 1e-5), 1e-12));
    BOOST_TEST(close(with_bias({in[0], in[2]}), composed::layer_norm(in[0], none, in[2], 1, 1e-5), 1e-12));
    BOOST_TEST(close(plain(in), composed::layer_norm(in[0], none, none, 1, 1e-5), 1e-12));
  }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{5}, Shape{2, 3, 4}, Shape{4, 1}, Shape{0, 3}, Shape{3, 0}}) {
    const auto in = inputs_for(shape, 2);
    check_grads(with_both, in);
    check_grads(with_weight, {in[0], in[1]});
    check_grads(with_bias, {in[0], in[2]});
    check_grads(plain, {in[0]});
  }
}

BOOST_AUTO_TEST_CASE(several_axes_count_as_one) {
  for (const Shape& last : {Shape{4, 3}, Shape{2, 4, 3}, Shape{3}, Shape{1, 1}, Shape{0, 3}}) {
    Shape shape = last;
    while (shape.size() < 3) shape.insert(0, 2);
    const index_t width = element_count(last);
    const LayerNormOptions options{.normalized_shape = last};
    const auto over_all = [&](const Inputs& x) { return layer_norm(x[0], x[1], x[2], options); };
    const auto flat = [&](const Inputs& x) {
      const auto y = layer_norm(reshape(x[0], {-1, width}), reshape(x[1], {width}), reshape(x[2], {width}));
      return reshape(y, x[0].shape());
    };
    const Inputs in = {random(shape, 20), random(last, 21), random(last, 22)};
    if (width > 0) {
      BOOST_TEST(equal(over_all(in), flat(in)));
      const auto g = agreed_gradients(over_all, in, random(shape, 23), 1e-12);
      const auto want = agreed_gradients(flat, in, random(shape, 23), 1e-12);
      for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(equal(g[i], want[i]));
    }
    check_grads(over_all, in);
    check_grads([&](const Inputs& x) { return layer_norm(x[0], {}, {}, options); }, {in[0]});
    check_grads([&](const Inputs& x) { return rms_norm(x[0], x[1], {.normalized_shape = last}); },
                {in[0], in[1]});
  }
}

BOOST_AUTO_TEST_CASE(gradients_above_the_grain) { check_grads(with_both, inputs_for({131, 257}, 3)); }

BOOST_AUTO_TEST_CASE(kernel_and_composed_gradients_agree) {
  for (const Shape& shape : {Shape{9}, Shape{5, 2, 17}, Shape{0, 3}, Shape{133, 65}}) {
    const auto in = inputs_for(shape, 4);
    const auto gy = random(shape, 5);
    agreed_gradients(with_both, in, gy, 1e-12);
    agreed_gradients(with_weight, {in[0], in[1]}, gy, 1e-12);
    agreed_gradients(with_bias, {in[0], in[2]}, gy, 1e-12);
    agreed_gradients(plain, {in[0]}, gy, 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(each_input_may_be_the_only_one_that_needs_a_gradient) {
  const auto in = inputs_for({6, 5}, 6);
  const auto gy = random({6, 5}, 7);
  const auto all = agreed_gradients(with_both, in, gy);
  for (std::size_t k = 0; k < 3; ++k)
    BOOST_TEST(equal(agreed_gradients(
                         [&](const Inputs& x) {
                           auto some = in;
                           some[k] = x[0];
                           return with_both(some);
                         },
                         {in[k]}, gy)[0],
                     all[k]));
}

BOOST_AUTO_TEST_CASE(the_gradient_reads_the_weight_but_not_the_bias) {
  const auto x = random_leaf({2, 3}, 8);
  auto weight = random({3}, 9), bias = random_leaf({3}, 10);
  const auto y = layer_norm(x, weight, bias);
  const NoGrad writing;
  bias.assign({0, 0, 0});
  grad(y, {x, bias}, {.grad_outputs = {y}, .retain_graph = true});
  weight.assign({1, 1, 1});
  BOOST_TEST(text_of<GraphError>([&] { grad(y, x, {.grad_outputs = {y}}); }) ==
             "layer_norm: its gradient needs the value that weight (3,) had, but it was written since; run "
             "backward before writing, or give the op a clone()");
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    const auto x = random_leaf<float>({1033, 131}, 11), weight = random_leaf<float>({131}, 12),
               bias = random_leaf<float>({131}, 13);
    layer_norm(x, weight, bias).backward(random<float>({1033, 131}, 14));
    return test::values<float>({x.grad(), weight.grad(), bias.grad()});
  });
}

BOOST_AUTO_TEST_CASE(rms_norm_values) {
  const Tensor64 x = {{3, 4}, {0, 0}};
  BOOST_TEST(close(rms_norm(x, {}, {.eps = 0.5}), {{3 / std::sqrt(13), 4 / std::sqrt(13)}, {0, 0}}, 1e-15));
  BOOST_TEST(close(rms_norm(x, Tensor64{2, 3}, {.eps = 0.5}),
                   {{6 / std::sqrt(13), 12 / std::sqrt(13)}, {0, 0}}, 1e-15));
  BOOST_TEST(close(rms_norm(Tensor64{1e-3, 1e-3}), {1 / std::sqrt(2), 1 / std::sqrt(2)}, 1e-15));
}

BOOST_AUTO_TEST_CASE(rms_norm_gradients) {
  for (const Shape& shape : {Shape{5}, Shape{2, 3, 4}, Shape{4, 1}, Shape{0, 3}, Shape{131, 257}}) {
    const auto in = inputs_for(shape, 15);
    check_grads([](const Inputs& x) { return rms_norm(x[0], x[1]); }, {in[0], in[1]});
    check_grads([](const Inputs& x) { return rms_norm(x[0]); }, {in[0]});
  }
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2, 3}), two = zeros({2}), three = zeros({3}), row = zeros({1, 3});
  const auto wrong_weight = [&] { layer_norm(x, two, three); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(wrong_weight) ==
             "layer_norm: weight of shape (2,) does not fit x of shape (2, 3); it needs (3,)" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([&] { layer_norm(x, three, row); }) ==
             "layer_norm: bias of shape (1, 3) does not fit x of shape (2, 3); it needs (3,)");
  BOOST_TEST(text_of<ShapeError>([&] { layer_norm(Tensor(1)); }) ==
             "layer_norm: x needs at least 1 axis, not shape ()");
  const auto normalized = [&](const Shape& shape) {
    return text_of<ShapeError>([&] { layer_norm(x, {}, {}, {.normalized_shape = shape}); });
  };
  BOOST_TEST(normalized({2}) == "layer_norm: normalized_shape (2,) is not how the shape (2, 3) of x ends");
  BOOST_TEST(normalized({1, 2, 3}) ==
             "layer_norm: normalized_shape (1, 2, 3) is not how the shape (2, 3) of x ends");
  BOOST_TEST(text_of<ShapeError>([&] {
               layer_norm(x, three, {}, {.normalized_shape = {2, 3}});
             }) == "layer_norm: weight of shape (3,) does not fit x of shape (2, 3); it needs (2, 3)");
  BOOST_TEST(text_of<ShapeError>([&] { rms_norm(x, two); }) ==
             "rms_norm: weight of shape (2,) does not fit x of shape (2, 3); it needs (3,)");
}

BOOST_AUTO_TEST_SUITE_END()
