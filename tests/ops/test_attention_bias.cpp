// Attention with a bias on its scores: values, gradients for every shape it may have, -inf, memory, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/masked.hpp>

#include "tests/ops/attention_cases.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::attention_with;
using test::close;
using test::composed_with;
using test::equal;
using test::heads;
using test::inf;
using test::Inputs;
using test::Options;
using test::random;
using test::random_leaf;
using test::random_mask;
using test::rules;
using test::text_of;

namespace {

/// q, k, v and a bias of this shape, for scores of (leading..., queries, keys).
Inputs biased(const Shape& leading, index_t queries, index_t keys, const Shape& bias) {
  auto x = heads(leading, queries, keys, 3, 2);
  x.push_back(random(bias, 50));
  return x;
}

/// Attention of {q, k, v, bias} where the bias is -inf but where `finite` is true.
auto attention_where(const Mask& finite, const Options& options = {}) {
  return [=](const Inputs& x) {
    return attention_with(options)({x[0], x[1], x[2], where(finite, x[3], -inf)});
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_bias)

BOOST_AUTO_TEST_CASE(values_of_one_query) {
  const Tensor64 q = {{0, 0}}, k = {{1, 0}, {0, 1}}, v = {{1, 2}, {5, 10}};
  const Tensor64 bias = Tensor64{0, std::log(3)}.requires_grad_();
  const auto y = scaled_dot_product_attention(q, k, v, {.bias = bias});
  BOOST_TEST(close(y, {{4, 8}}, 1e-15));
  y.backward(Tensor64{{1, 0}});
  BOOST_TEST(close(bias.grad(), {-0.75, 0.75}, 1e-15));
  BOOST_TEST(close(scaled_dot_product_attention(q, k, v, {.bias = {{-inf, 7}}}), {{5, 10}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(values_and_gradients_equal_the_composed_form) {
  for (const auto& [queries, keys] : {std::pair{5, 5}, {3, 6}, {6, 3}, {65, 131}})
    for (const auto& options : rules(queries, keys)) {
      const auto x = biased({2, 3}, queries, keys, {3, queries, keys});
      BOOST_TEST(close(attention_with(options)(x), composed_with(options, x), 1e-13));
      agreed_gradients(attention_with(options), x, random({2, 3, queries, 2}, 51), 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(any_shape_that_broadcasts) {
  for (const Shape& shape :
       {Shape{}, Shape{5}, Shape{4, 1}, Shape{1, 1}, Shape{2, 1, 1}, Shape{3, 1, 4, 5}, Shape{2, 1, 2, 4, 5},
        Shape{1, 3, 1, 1, 5}, Shape{2, 3, 2, 4, 5}, Shape{2, 1, 1, 4, 1}}) {
    const auto x = biased({2, 3, 2}, 4, 5, shape);
    const Options options = {.causal = true, .dropout = 0.2};
    BOOST_TEST_CONTEXT("bias " << to_string(shape)) {
      BOOST_TEST(close(attention_with(options)(x), composed_with(options, x), 1e-14));
      agreed_gradients(attention_with(options), x, random({2, 3, 2, 4, 2}, 52));
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const auto& options : rules(3, 4))
    check_grads(attention_with(options), biased({2, 3}, 3, 4, {3, 3, 4}));
  check_grads(attention_with({}), biased({2, 3, 2}, 2, 3, {2, 1, 1, 1, 3}));
  check_grads(attention_with({}), biased({}, 1, 1, {}));
  check_grads(attention_with({.causal = true}), biased({1, 2}, 67, 131, {67, 131}));
  for (const auto& x :
       {biased({2, 0}, 3, 4, {3, 4}), biased({2}, 0, 4, {1, 4}), biased({2}, 3, 0, {2, 3, 1})})
    check_grads(attention_with({}), x);
}

BOOST_AUTO_TEST_CASE(only_the_bias_may_need_a_gradient) {
  const auto x = biased({2, 3}, 4, 5, {2, 1, 4, 5});
  const auto gy = random({2, 3, 4, 2}, 53);
  const auto alone = [&](const Inputs& in) { return attention_with({})({x[0], x[1], x[2], in[0]}); };
  BOOST_TEST(equal(agreed_gradients(alone, {x[3]}, gy)[0], agreed_gradients(attention_with({}), x, gy)[3]));
}

BOOST_AUTO_TEST_CASE(minus_infinity_hides_like_a_mask) {
  for (const index_t length : {5, 70}) {
    const auto x = biased({2, 3}, length, length, {2, 1, length, length});
    const auto finite = random_mask({2, 1, length, length}, 54);
    const auto gy = random({2, 3, length, 2}, 55);
    BOOST_TEST(close(attention_where(finite)(x), attention_with({.keep = finite})(x), 1e-14));
    const auto g = agreed_gradients(attention_where(finite), x, gy, 1e-12);
    const auto want = agreed_gradients(attention_with({.keep = finite}), x, gy, 1e-12);
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(close(g[i], want[i], 1e-13));
  }
  check_grads(attention_where(random_mask({2, 1, 3, 4}, 56), {.dropout = 0.3}),
              biased({2, 3}, 3, 4, {2, 1, 3, 4}));
}

BOOST_AUTO_TEST_CASE(a_query_of_only_minus_infinity_gives_zeros_and_no_gradient) {
  const Mask finite = {{true, true, false}, {false, false, false}, {false, false, true}};
  const auto x = biased({2}, 3, 3, {3, 3});
  for (const bool causal : {false, true}) {
    const auto f = attention_where(finite, {.causal = causal});
    const auto y = f(x);
    const auto g = agreed_gradients(f, x, random({2, 3, 2}, 57));
    for (index_t h = 0; h < 2; ++h)
      for (index_t d = 0; d < 2; ++d) {
        BOOST_TEST(y.at({h, 1, d}) == 0);
        BOOST_TEST(g[0].at({h, 1, d}) == 0);
      }
    for (index_t j = 0; j < 3; ++j) BOOST_TEST(g[3].at({1, j}) == 0);
    check_grads(f, x);
  }
  auto hidden = x;
  hidden[3] = full_like(x[3], -inf);
  const auto g = agreed_gradients(attention_with({}), hidden, random({2, 3, 2}, 58));
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(equal(g[i], zeros_like(x[i])));
}

BOOST_AUTO_TEST_CASE(a_bias_is_not_repeated) {
  const index_t length = 512;
  const std::size_t size = length * length * sizeof(float);
  const auto q = random_leaf<float>({4, 2, length, 8}, 59),
             bias = random_leaf<float>({1, 1, length, length}, 60);
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  const auto y = scaled_dot_product_attention(q, q, q, {.bias = bias});
  BOOST_TEST(memory_stats().peak - before < size);
  y.backward(y);
  BOOST_TEST(memory_stats().peak - before < 5 * size / 2);  // the bias's gradient, and those of q, k and v
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    const auto q = random_leaf<float>({2, 4, 200, 16}, 61), bias = random_leaf<float>({4, 200, 1}, 62);
    const auto y = scaled_dot_product_attention(q, q, q, {.causal = true, .bias = bias});
    y.backward(y);
    return test::values<float>({y, q.grad(), bias.grad()});
  });
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2, 3, 4, 5});
  BOOST_TEST(
      text_of<ShapeError>([&] {
        scaled_dot_product_attention(x, x, x, {.bias = zeros({2, 1, 1, 1, 4})});
      }) ==
      "scaled_dot_product_attention: bias (2, 1, 1, 1, 4) does not broadcast to the scores (2, 3, 4, 4), "
      "which are (..., queries, keys)");
}

BOOST_AUTO_TEST_SUITE_END()
