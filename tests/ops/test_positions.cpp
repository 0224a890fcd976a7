// Rotary and sinusoidal positions: values, what they are for, gradients, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/positions.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::message_of;
using test::random;
using test::text_of;

namespace {

auto turned(RotaryOptions options) {
  return [options](const std::vector<Tensor64>& x) { return rotary(x[0], options); };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(positions)

BOOST_AUTO_TEST_CASE(rotary_values) {
  const Tensor64 x = {{1, 2, 3, 4}, {1, 2, 3, 4}};
  const double c = std::cos(1), s = std::sin(1), d = std::cos(0.01),
               t = std::sin(0.01);  // 10000^(-1/2) = 0.01
  BOOST_TEST(close(rotary(x), {{1, 2, 3, 4}, {c - 3 * s, 2 * d - 4 * t, 3 * c + s, 4 * d + 2 * t}}, 1e-15));
  BOOST_TEST(close(rotary(x, {.interleaved = true}),
                   {{1, 2, 3, 4}, {c - 2 * s, 2 * c + s, 3 * d - 4 * t, 4 * d + 3 * t}}, 1e-15));
  BOOST_TEST(close(rotary(Tensor64{{0, 1, 0, 0}}, {.base = 4, .offset = 3}),
                   {{0, std::cos(1.5), 0, std::sin(1.5)}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(rotary_works_on_every_matrix_alike) {
  const auto x = random({5, 4}, 1);
  const Shape many{3, 2, 5, 4};
  for (const bool interleaved : {false, true}) {
    const RotaryOptions options{.interleaved = interleaved};
    BOOST_TEST(equal(rotary(broadcast_to(x, many), options), broadcast_to(rotary(x, options), many)));
  }
}

BOOST_AUTO_TEST_CASE(an_offset_is_a_start_further_on) {
  const auto x = random({7, 6}, 3);
  for (const bool interleaved : {false, true}) {
    const auto all = rotary(x, {.interleaved = interleaved});
    const auto rest = rotary(split(x, {3})[1], {.offset = 3, .interleaved = interleaved});
    BOOST_TEST(equal(rest, split(all, {3})[1]));
  }
}

BOOST_AUTO_TEST_CASE(products_depend_on_the_distance_only) {
  const auto q = broadcast_to(random({1, 8}, 4), {6, 8}), k = broadcast_to(random({1, 8}, 5), {6, 8});
  for (const bool interleaved : {false, true}) {
    const auto scores = [&](index_t offset) {
      const RotaryOptions options{.offset = offset, .interleaved = interleaved};
      return matmul(rotary(q, options), rotary(k, options), {.transpose_b = true});
    };
    const auto s = scores(0);
    BOOST_TEST(close(scores(1000), s, 1e-11));
    BOOST_TEST(std::abs(s.at({0, 3}) - s.at({2, 5})) < 1e-14);
    BOOST_TEST(std::abs(s.at({0, 3}) - s.at({3, 0})) > 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(rotary_gradients_to_order_two) {
  for (const bool interleaved : {false, true})
    for (const Shape& shape : {Shape{3, 4}, Shape{2, 3, 1, 2}, Shape{1, 2}, Shape{0, 2}, Shape{2, 3, 0},
                               Shape{2, 0, 4}, Shape{5, 131, 34}})
      check_grads(turned({.base = 100, .offset = 2, .interleaved = interleaved}), {random(shape, 6)});
}

BOOST_AUTO_TEST_CASE(the_gradient_turns_back) {
  const auto x = test::random_leaf({4, 6}, 7);
  for (const bool interleaved : {false, true}) {
    x.zero_grad();
    rotary(x, {.interleaved = interleaved}).backward(rotary(x.detach(), {.interleaved = interleaved}));
    BOOST_TEST(close(x.grad(), x, 1e-15));
  }
}

BOOST_AUTO_TEST_CASE(rotary_errors) {
  const auto odd = [] { rotary(zeros({2, 4, 5})); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(odd) ==
             "rotary: the last axis of x (2, 4, 5) is odd; channels turn in pairs" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([] { rotary(zeros({4})); }) ==
             "rotary: x needs at least 2 axes, not shape (4,)");
  BOOST_TEST(text_of<ValueError>([] {
               rotary(zeros({2, 4}), {.base = 0});
             }) == "rotary: base = 0; it is above 0");
}

BOOST_AUTO_TEST_CASE(sinusoidal_values) {
  const double s = std::sin(1), c = std::cos(1), t = std::sin(0.01), d = std::cos(0.01);
  BOOST_TEST(close(sinusoidal_positions<double>(2, 4), {{0, 1, 0, 1}, {s, c, t, d}}, 1e-15));
  const auto y = sinusoidal_positions(300, 5);
  for (index_t i = 0; i < 5; ++i) {
    const double angle = 299 / std::pow(10000, static_cast<double>(i / 2 * 2) / 5);
    BOOST_TEST(y.at({299, i}) == static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
  }
  BOOST_TEST(!y.requires_grad());
  BOOST_TEST(sinusoidal_positions(0, 4).shape() == (Shape{0, 4}));
  BOOST_TEST(sinusoidal_positions(3, 0).shape() == (Shape{3, 0}));
  BOOST_TEST(message_of<ShapeError>([] { sinusoidal_positions(-1, 4); }).find("-1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
