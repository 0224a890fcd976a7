// scaled_dot_product_attention: values and gradients against the composed form, rules, edges, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/ops/attention_cases.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::attention_with;
using test::close;
using test::composed_with;
using test::equal;
using test::heads;
using test::Inputs;
using test::message_of;
using test::Options;
using test::random;
using test::random_leaf;
using test::random_mask;
using test::rules;
using test::text_of;

BOOST_AUTO_TEST_SUITE(attention_op)

BOOST_AUTO_TEST_CASE(values_of_one_query) {
  const Tensor64 q = {{1, 0}}, k = {{2, 0}, {0, 0}}, v = {{1, 2, 3}, {5, 6, 7}};
  const double first = 1 / (1 + std::exp(-2 / std::sqrt(2)));  // its weight
  const double moved = 4 * (1 - first);
  BOOST_TEST(close(scaled_dot_product_attention(q, k, v), {{1 + moved, 2 + moved, 3 + moved}}, 1e-15));
  BOOST_TEST(close(scaled_dot_product_attention(q, k, v, {.scale = 0}), {{3, 4, 5}}, 1e-15));
  BOOST_TEST(equal(scaled_dot_product_attention(q, k, v, {.causal = true}), {{1, 2, 3}}));
  BOOST_TEST(equal(scaled_dot_product_attention(q, k, v, {.keep = Mask{false, true}}), {{5, 6, 7}}));
}

BOOST_AUTO_TEST_CASE(values_and_gradients_equal_the_composed_form) {
  for (const auto& [queries, keys] : {std::pair{5, 5}, {1, 7}, {7, 1}, {3, 6}, {6, 3}, {65, 131}})
    for (const auto& options : rules(queries, keys)) {
      const auto x = heads({2, 3}, queries, keys, 4, 3);
      const auto f = attention_with(options);
      BOOST_TEST(close(f(x), composed_with(options, x), 1e-13));
      agreed_gradients(f, x, random(f(x).shape(), 7), 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(any_number_of_leading_axes) {
  for (const Shape& leading : {Shape{}, Shape{1}, Shape{4}, Shape{2, 1, 3}, Shape{2, 3, 2, 2}}) {
    const auto x = heads(leading, 4, 5, 3, 2);
    const Options options = {.causal = true, .dropout = 0.3};
    BOOST_TEST(close(attention_with(options)(x), composed_with(options, x), 1e-14));
    agreed_gradients(attention_with(options), x, random(attention_with(options)(x).shape(), 8));
  }
}

BOOST_AUTO_TEST_CASE(leading_axes_broadcast) {
  const Inputs x = {random({2, 1, 4, 3}, 1), random({5, 6, 3}, 2), random({1, 1, 6, 2}, 3)};
  const Inputs repeated = {broadcast_to(x[0], {2, 5, 4, 3}), broadcast_to(x[1], {2, 5, 6, 3}),
                           broadcast_to(x[2], {2, 5, 6, 2})};
  const auto f = attention_with({.keep = random_mask({5, 1, 6}, 9)});
  BOOST_TEST(equal(f(x), f(repeated)));
  check_grads(f, x);
}

BOOST_AUTO_TEST_CASE(masks_broadcast) {
  const auto x = heads({2, 3, 2}, 4, 5, 3, 2);
  for (const Shape& shape :
       {Shape{}, Shape{5}, Shape{4, 1}, Shape{2, 1, 1}, Shape{3, 1, 4, 5}, Shape{2, 1, 2, 4, 5},
        Shape{1, 3, 1, 1, 5}, Shape{2, 3, 2, 4, 5}, Shape{2, 3, 1, 4, 1}}) {
    const Options options = {.keep = random_mask(shape, 10)};
    BOOST_TEST(close(attention_with(options)(x), composed_with(options, x), 1e-14));
    agreed_gradients(attention_with(options), x, random({2, 3, 2, 4, 2}, 11));
  }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  const auto x = heads({2, 3}, 3, 4, 2, 3);
  for (const auto& options : rules(3, 4)) check_grads(attention_with(options), x);
  check_grads(attention_with({}), heads({}, 1, 1, 1, 1));
  check_grads(attention_with({.causal = true, .dropout = 0.2}), heads({1, 2}, 131, 131, 17, 9));
}

BOOST_AUTO_TEST_CASE(sizes_of_zero) {
  for (const auto& x : {heads({2, 0}, 3, 4, 2, 3), heads({0, 2}, 3, 4, 2, 3), heads({2, 2}, 0, 4, 2, 3),
                        heads({2, 2}, 3, 4, 2, 0), heads({2, 2}, 3, 4, 0, 3), heads({2, 2}, 3, 0, 2, 3)}) {
    BOOST_TEST(close(attention_with({})(x), composed_with({}, x), 1e-15));
    check_grads(attention_with({}), x);
  }
  BOOST_TEST(equal(attention_with({})(heads({}, 2, 0, 2, 2)), {{0, 0}, {0, 0}}));
}

BOOST_AUTO_TEST_CASE(causal_starts_at_the_first_key) {
  const auto x = heads({}, 4, 3, 2, 2);
  const Mask keep = {{true, false, false}, {true, true, false}, {true, true, true}, {true, true, true}};
  BOOST_TEST(equal(attention_with({.causal = true})(x), attention_with({.keep = keep})(x)));
}

BOOST_AUTO_TEST_CASE(a_query_that_sees_nothing_gives_zeros_and_no_gradient) {
  const auto x = heads({2, 2}, 3, 4, 2, 3);
  const Mask keep = {{false, true, true, true}, {true, true, true, false}, {false, false, false, false}};
  for (const bool causal : {false, true}) {
    const Options options = {.causal = causal, .keep = keep};
    const auto y = attention_with(options)(x);
    BOOST_TEST(close(y, composed_with(options, x), 1e-14));
    const auto g = agreed_gradients(attention_with(options), x, random({2, 2, 3, 3}, 12));
    for (const index_t query : {0, 2}) {
      if (query == 0 && !causal) continue;
      for (index_t d = 0; d < 3; ++d) BOOST_TEST(y.at({1, 1, query, d}) == 0);
      for (index_t d = 0; d < 2; ++d) BOOST_TEST(g[0].at({1, 1, query, d}) == 0);
    }
    check_grads(attention_with(options), x);
  }
  const auto none = agreed_gradients(attention_with({.keep = Mask{false, false, false, false}}), x,
                                     random({2, 2, 3, 3}, 13));
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(equal(none[i], zeros_like(x[i])));
}

BOOST_AUTO_TEST_CASE(dropout_of_zero_and_one) {
  const auto x = heads({2, 2}, 3, 4, 2, 3);
  Generator generator(3);
  const auto y = scaled_dot_product_attention(x[0], x[1], x[2], {.dropout = 0, .generator = &generator});
  BOOST_TEST(generator.position() == 0U);
  BOOST_TEST(equal(y, attention_with({})(x)));
  scaled_dot_product_attention(x[0], x[1], x[2], {.dropout = 0.5, .generator = &generator});
  BOOST_TEST(generator.position() == 48U);
  BOOST_TEST(equal(attention_with({.dropout = 1})(x), zeros<double>({2, 2, 3, 3})));
  const auto g = agreed_gradients(attention_with({.dropout = 1}), x, random({2, 2, 3, 3}, 14));
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(equal(g[i], zeros_like(x[i])));
}

BOOST_AUTO_TEST_CASE(one_tensor_may_be_query_key_and_value) {
  const auto x = random({2, 5, 4}, 15);
  check_grads([](const Inputs& in) { return scaled_dot_product_attention(in[0], in[0], in[0]); }, {x});
}

BOOST_AUTO_TEST_CASE(huge_scores_do_not_overflow) {
  const Tensor q = {{1e18F, 0}}, k = {{1e18F, 0}, {-1e18F, 0}}, v = {{1, 2}, {3, 4}};
  BOOST_TEST(equal(scaled_dot_product_attention(q, k, v), {{1, 2}}));
  for (const index_t length : {3, 130}) {
    auto x = heads({2}, length, length, 4, 2);
    x[0] = x[0] * 1e4;
    BOOST_TEST(close(attention_with({})(x), composed_with({}, x), 1e-10));
    agreed_gradients(attention_with({}), x, random({2, length, 2}, 34),
                     1e-6);  // of p, which is 0 or 1 but for few
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_reaches_every_query_that_sees_it) {
  for (const index_t length : {5, 150})
    for (std::size_t which = 0; which < 3; ++which) {
      auto x = heads({}, length, length, 3, 3);
      const index_t place = length / 2;
      {
        const NoGrad writing;
        x[which].mutable_data()[place * 3] = test::nan;
      }
      const auto y = attention_with({.causal = true})(x);
      const auto is_nan = [&](index_t query) { return std::isnan(y.at({query, 0})); };
      for (index_t query = place; query < length; ++query)
        BOOST_TEST(is_nan(query) == (which > 0 || query == place));
      const auto g = agreed_gradients(attention_with({}), x, random({length, 3}, 35), 1e-12);
      for (std::size_t i = 0; i < 3; ++i)  // the gradient of v does not read v
        BOOST_TEST(std::isnan(g[i].at({place, 0})) == (which < 2 || i < 2));
    }
}

BOOST_AUTO_TEST_CASE(the_scores_are_never_held) {
  const index_t length = 2048;
  const auto q = random_leaf<float>({length, 8}, 16), k = random_leaf<float>({length, 8}, 17),
             v = random_leaf<float>({length, 8}, 18);
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  const auto y = scaled_dot_product_attention(q, k, v, {.dropout = 0.1});
  y.backward(y);
  BOOST_TEST(memory_stats().peak - before < 16U * length * 8 * sizeof(float));
}

BOOST_AUTO_TEST_CASE(a_changed_input_is_refused) {
  auto q = random_leaf({2, 3}, 31), k = random_leaf({2, 3}, 32), v = random_leaf({2, 3}, 33);
  const auto y = scaled_dot_product_attention(q, k, v);
  const NoGrad writing;
  k.assign(q);
  BOOST_TEST(
      text_of<GraphError>([&] { y.backward(y); }) ==
      "scaled_dot_product_attention: its gradient needs the value that k (2, 3) had, but it was written "
      "since; run backward before writing, or give the op a clone()");
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2, 3, 4, 5});
  const auto wrong = [&] { scaled_dot_product_attention(x, zeros({2, 3, 6, 4}), zeros({2, 3, 6, 5})); };
  const int line = __LINE__ - 1;
  BOOST_TEST(
      message_of<ShapeError>(wrong) ==
      "scaled_dot_product_attention: q (2, 3, 4, 5), k (2, 3, 6, 4) and v (2, 3, 6, 5): q and k differ "
      "in head size, 5 and 4" +
          test::place(__FILE__, line));
  const auto shapes = [&](const Shape& k, const Shape& v) {
    return text_of<ShapeError>([&] { scaled_dot_product_attention(x, zeros(k), zeros(v)); });
  };
  BOOST_TEST(
      shapes({2, 3, 6, 5}, {2, 3, 7, 5}) ==
      "scaled_dot_product_attention: q (2, 3, 4, 5), k (2, 3, 6, 5) and v (2, 3, 7, 5): k and v differ "
      "in length, 6 and 7");
  BOOST_TEST(
      shapes({2, 3, 6, 5}, {2, 2, 6, 5}) ==
      "scaled_dot_product_attention: q (2, 3, 4, 5), k (2, 3, 6, 5) and v (2, 2, 6, 5): the axes before "
      "the last two do not broadcast, and q's heads are no multiple of those of k and v");
  BOOST_TEST(shapes({5}, {5}) ==
             "scaled_dot_product_attention: q (2, 3, 4, 5), k (5,) and v (5,): each needs two axes or more, "
             "(..., T, D)");
  const auto options = [&](const AttentionOptions<float>& given) {
    scaled_dot_product_attention(x, x, x, given);
  };
  BOOST_TEST(text_of<ShapeError>([&] {
               options({.keep = Mask{{true, true}}});
             }) ==
             "scaled_dot_product_attention: keep (1, 2) does not broadcast to the scores (2, 3, 4, 4), which "
             "are (..., queries, keys)");
  BOOST_TEST(text_of<ValueError>([&] { options({.dropout = 2}); }) ==
             "scaled_dot_product_attention: dropout = 2 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_SUITE_END()
