// scaled_dot_product_attention: values and gradients against the composed form, rules, edges, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/join.hpp>
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

constexpr std::uint64_t seed = 17;

Mask random_mask(const Shape& shape, std::uint64_t mask_seed) {
  Generator generator(mask_seed);
  return bernoulli(0.6, shape, generator);
}

/// Attention of {q, k, v} that drops the same weights at each call.
auto attention_with(AttentionOptions options) {
  return [options](const Inputs& x) {
    Generator generator(seed);
    auto own = options;
    own.generator = &generator;
    return scaled_dot_product_attention(x[0], x[1], x[2], own);
  };
}

auto packed_with(AttentionOptions options, index_t n_head) {
  return [options, n_head](const Inputs& x) {
    Generator generator(seed);
    auto own = options;
    own.generator = &generator;
    return scaled_dot_product_attention(x[0], n_head, own);
  };
}

/// The composed form of what attention_with() computes.
Tensor64 composed_with(AttentionOptions options, const Inputs& x) {
  Generator generator(seed);
  options.generator = &generator;
  Shape scores = x[0].shape();
  scores.back() = x[1].shape(-2);
  return composed::attention(x[0], x[1], x[2], make_rule(options, scores, x[0].shape(-1), {}));
}

/// q, k and v of (leading..., T, D).
Inputs heads(Shape leading, index_t queries, index_t keys, index_t head_size, index_t value_size) {
  const auto make = [&](index_t rows, index_t columns, std::uint64_t at) {
    Shape shape = leading;
    shape.push_back(rows);
    shape.push_back(columns);
    return random(shape, at);
  };
  return {make(queries, head_size, 1), make(keys, head_size, 2), make(keys, value_size, 3)};
}

/// Every rule, for scores of (2, 3, queries, keys).
std::vector<AttentionOptions> rules(index_t queries, index_t keys) {
  return {{},
          {.causal = true},
          {.keep = random_mask({2, 3, queries, keys}, 4)},
          {.causal = true, .keep = random_mask({2, 1, 1, keys}, 5), .scale = 0.25},
          {.dropout = 0.4},
          {.causal = true, .keep = random_mask({queries, keys}, 6), .dropout = 0.2, .scale = 2}};
}

}  // namespace

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
    const AttentionOptions options = {.causal = true, .dropout = 0.3};
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
    const AttentionOptions options = {.keep = random_mask(shape, 10)};
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
    const AttentionOptions options = {.causal = causal, .keep = keep};
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

BOOST_AUTO_TEST_CASE(packed_equals_separate) {
  for (const index_t length : {1, 5, 70})
    for (const auto& options : rules(length, length)) {
      const auto qkv = random({2, length, 3 * 12}, 19);
      const auto split_heads = [&](const Tensor64& x) {
        return swapaxes(reshape(x, {2, length, 3, 4}), 1, 2);  // (B, H, T, D)
      };
      const auto separate = [&](const Inputs& x) {
        const auto parts = split(x[0], 3, -1);
        const auto y =
            attention_with(options)({split_heads(parts[0]), split_heads(parts[1]), split_heads(parts[2])});
        return reshape(swapaxes(y, 1, 2), {2, length, 12});
      };
      const auto packed = packed_with(options, 3);
      const auto gy = random({2, length, 12}, 20);
      BOOST_TEST(close(packed({qkv}), separate({qkv}), 1e-14));
      const auto g = agreed_gradients(packed, {qkv}, gy, 1e-12);
      BOOST_TEST(close(g[0], agreed_gradients(separate, {qkv}, gy, 1e-12)[0], 1e-13));
    }
}

BOOST_AUTO_TEST_CASE(packed_gradients_to_order_two) {
  for (const auto& options : rules(4, 4)) check_grads(packed_with(options, 3), {random({2, 4, 18}, 21)});
  check_grads(packed_with({}, 1), {random({1, 1, 3}, 22)});
  check_grads(packed_with({}, 2), {random({0, 3, 12}, 23)});
  check_grads(packed_with({}, 2), {random({2, 0, 12}, 24)});
  check_grads(packed_with({}, 2), {random({2, 3, 0}, 25)});
  check_grads(packed_with({.causal = true, .dropout = 0.1}, 2), {random({1, 131, 3 * 34}, 26)});
}

BOOST_AUTO_TEST_CASE(packed_heads_are_not_copied) {
  const auto qkv = random_leaf<float>({4, 256, 3 * 64}, 27);
  const auto gy = random<float>({4, 256, 64}, 28);
  const std::size_t third = 4 * 256 * 64 * sizeof(float);
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  const auto y = scaled_dot_product_attention(qkv, 4, {.causal = true});
  BOOST_TEST(memory_stats().peak - before < 3 * third / 2);
  y.backward(gy);
  BOOST_TEST(memory_stats().peak - before < 5 * third);
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  for (const index_t n_head : {2, 16})
    test::check_threads([n_head] {
      const auto qkv = random_leaf<float>({2, 200, 3 * 64}, 29);
      Generator generator(30);
      const auto y = scaled_dot_product_attention(qkv, n_head,
                                                  {.causal = true, .dropout = 0.2, .generator = &generator});
      y.backward(y);
      return test::values<float>({y, qkv.grad()});
    });
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
      "the last two do not broadcast");
  BOOST_TEST(shapes({5}, {5}) ==
             "scaled_dot_product_attention: q (2, 3, 4, 5), k (5,) and v (5,): each needs two axes or more, "
             "(..., T, D)");
  const auto options = [&](const AttentionOptions& given) { scaled_dot_product_attention(x, x, x, given); };
  BOOST_TEST(text_of<ShapeError>([&] {
               options({.keep = Mask{{true, true}}});
             }) ==
             "scaled_dot_product_attention: keep (1, 2) does not broadcast to the scores (2, 3, 4, 4), which "
             "are (..., queries, keys)");
  BOOST_TEST(text_of<ValueError>([&] { options({.dropout = 2}); }) ==
             "scaled_dot_product_attention: dropout = 2 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_CASE(packed_errors) {
  const Tensor qkv = zeros({2, 4, 24});
  BOOST_TEST(
      text_of<ShapeError>([&] { scaled_dot_product_attention(qkv, 3); }) ==
      "scaled_dot_product_attention: the last axis of qkv (2, 4, 24) does not divide into q, k and v of "
      "3 heads");
  BOOST_TEST(text_of<ValueError>([&] { scaled_dot_product_attention(qkv, 0); }) ==
             "scaled_dot_product_attention: n_head = 0; it is 1 or more");
  BOOST_TEST(text_of<ShapeError>([&] {
               scaled_dot_product_attention(zeros({4, 24}), 2);
             }) == "scaled_dot_product_attention: qkv needs 3 axes, not shape (4, 24)");
  BOOST_TEST(text_of<ShapeError>([&] {
               scaled_dot_product_attention(qkv, 2, {.keep = random_mask({3, 1, 4, 4}, 1)});
             }) ==
             "scaled_dot_product_attention: keep (3, 1, 4, 4) does not broadcast to the scores (2, 2, 4, "
             "4), which are (..., queries, keys)");
}

BOOST_AUTO_TEST_SUITE_END()
