// conv1d and avg_pool1d: values from PyTorch, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/conv.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::message_of;
using test::text_of;

namespace {

const Tensor64 x = {{{1, 2, 3, 4, 5}, {0, -1, 2, 1, 3}}};
const Tensor64 bias = {1, -1, 0.5};

/// 1, 2, ... under a shape.
Tensor64 count_up(const Shape& shape) {
  return reshape(arange<double>(1, static_cast<double>(element_count(shape)) + 1), shape);
}

Tensor64 normal(const Shape& shape) {
  static Generator generator(1);
  return randn<double>(shape, generator);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conv)

BOOST_AUTO_TEST_CASE(conv1d_values) {
  const Tensor64 weight = count_up({3, 2, 2});
  const Tensor64 y = {{{2, 14, 22, 30}, {8, 36, 60, 80}, {17.5, 61.5, 101.5, 133.5}}};
  BOOST_TEST(equal(conv1d(x, weight, bias), y));
  BOOST_TEST(equal(conv1d(reshape(x, {2, 5}), weight, bias), reshape(y, {3, 4})));
  BOOST_TEST(equal(conv1d(x, weight, bias, {.stride = 2, .padding = 1, .dilation = 2}),
                   {{{1, 12, 8}, {3, 34, 26}, {8.5, 59.5, 47.5}}}));
  BOOST_TEST(equal(conv1d(x, count_up({4, 1, 2}), {}, {.groups = 2}),
                   {{{5, 8, 11, 14}, {11, 18, 25, 32}, {-6, 7, 16, 23}, {-8, 9, 22, 31}}}));
}

BOOST_AUTO_TEST_CASE(conv1d_edges) {
  const Tensor64 identity = reshape(eye<double>(2), {2, 2, 1});
  BOOST_TEST(equal(conv1d(x, identity), x));
  BOOST_TEST((conv1d(zeros({0, 2, 5}), zeros({3, 2, 5})).shape() == Shape{0, 3, 1}));
  BOOST_TEST((conv1d(zeros({2, 0}), zeros({3, 2, 2}), {}, {.padding = 1}).shape() == Shape{3, 1}));
}

BOOST_AUTO_TEST_CASE(avg_pool1d_values) {
  BOOST_TEST(equal(avg_pool1d(x, 2), {{{1.5, 3.5}, {-0.5, 1.5}}}));
  BOOST_TEST(close(avg_pool1d(x, 3, {.stride = 1, .padding = 1}),
                   {{{1, 2, 3, 4, 3}, {-1 / 3.0, 1 / 3.0, 2 / 3.0, 2, 4 / 3.0}}}, 1e-15));
  BOOST_TEST(equal(avg_pool1d(Tensor64{1, 2, 3}, 3), {2}));
}

BOOST_AUTO_TEST_CASE(conv1d_gradients) {
  const auto check = [](const Shape& in, const Shape& weight, Conv1dOptions options) {
    const Shape channels = {weight[0]};
    check_grads([&](const auto& v) { return conv1d(v[0], v[1], v[2], options); },
                {normal(in), normal(weight), normal(channels)});
  };
  check({2, 3, 6}, {2, 3, 3}, {});
  check({1, 2, 7}, {2, 2, 2}, {.stride = 3, .padding = 2, .dilation = 2});
  check({2, 4, 5}, {6, 2, 2}, {.padding = 1, .groups = 2});
  check({3, 5}, {3, 1, 3}, {.padding = 1, .groups = 3});
  check({1, 1, 1}, {1, 1, 1}, {});
  check({0, 2, 4}, {3, 2, 2}, {});
  check({3, 17, 131}, {5, 17, 3}, {.stride = 2, .padding = 1});
}

BOOST_AUTO_TEST_CASE(avg_pool1d_gradients) {
  for (const Shape& shape : {Shape{4}, Shape{2, 3, 7}, Shape{0, 5}, Shape{7, 31, 131}}) {
    check_grads([](const auto& v) { return avg_pool1d(v[0], 3); }, {normal(shape)});
    check_grads([](const auto& v) { return avg_pool1d(v[0], 2, {.stride = 1, .padding = 1}); },
                {normal(shape)});
  }
}

BOOST_AUTO_TEST_CASE(errors_of_shapes) {
  const Tensor weight = zeros({4, 2, 3}), in = zeros({1, 2, 5});
  const auto text = [](const Tensor& a, const Tensor& w, const std::optional<Tensor>& b = {},
                       Conv1dOptions o = {}) { return text_of<ShapeError>([&] { conv1d(a, w, b, o); }); };
  BOOST_TEST(text(in, zeros({4, 2})) == "conv1d: weight is (Cout, Cin / groups, K), not (4, 2)");
  BOOST_TEST(text(zeros({5}), weight) == "conv1d: x is (B, Cin, T) or (Cin, T), not (5,)");
  BOOST_TEST(text(zeros({1, 3, 5}), weight) ==
             "conv1d: 1 groups of weight (4, 2, 3) take 2 channels and give 4, but x (1, 3, 5) has 3");
  BOOST_TEST(text(zeros({1, 6, 5}), weight, {}, {.groups = 3}) ==
             "conv1d: 3 groups of weight (4, 2, 3) take 6 channels and give 4, but x (1, 6, 5) has 6");
  BOOST_TEST(text(in, weight, zeros({3})) ==
             "conv1d: bias (3,) is not one value for each of the 4 channels of weight (4, 2, 3)");
  BOOST_TEST(text(in, weight, {}, {.dilation = 4}) ==
             "conv1d: a window over 9 places does not fit into the last axis of x (1, 2, 5) with padding 0");
}

BOOST_AUTO_TEST_CASE(errors_of_options) {
  const Tensor in = zeros({1, 2, 5});
  const auto wrong = [&] { conv1d(in, zeros({4, 2, 3}), {}, {.stride = 0}); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ValueError>(wrong) ==
             "conv1d: kernel size 3, stride 0, padding 0, dilation 1: padding is 0 or more, the others are 1 "
             "or more, and all are less than 2^31" +
                 test::place(__FILE__, line));
  BOOST_TEST(
      text_of<ValueError>([&] { avg_pool1d(in, 0); }) ==
      "avg_pool1d: kernel size 0, stride 0, padding 0, dilation 1: padding is 0 or more, the others are 1 or "
      "more, and all are less than 2^31");
}

BOOST_AUTO_TEST_SUITE_END()
