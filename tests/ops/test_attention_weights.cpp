// attention_weights: what attention multiplies v with.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/matmul.hpp>

#include "tests/ops/attention_cases.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::attention_with;
using test::close;
using test::equal;
using test::heads;
using test::Inputs;
using test::message_of;
using test::Options;
using test::random;
using test::random_mask;
using test::text_of;

namespace {

/// The weights of {q, k} or {q, k, v, bias}, dropped as attention_with() drops them.
auto weights_with(const Options& options) {
  return [options](const Inputs& x) {
    return test::with_same_numbers(options, [&](Options own) {
      if (x.size() > 3) own.bias = x[3];
      return attention_weights(x[0], x[1], own);
    });
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_weights_op)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 q = {{1, 0}, {0, 0}}, k = {{2, 0}, {0, 0}};
  const double first = 1 / (1 + std::exp(-2 / std::sqrt(2)));
  BOOST_TEST(close(attention_weights(q, k), {{first, 1 - first}, {0.5, 0.5}}, 1e-15));
  BOOST_TEST(equal(attention_weights(q, k, {.scale = 0}), {{0.5, 0.5}, {0.5, 0.5}}));
  BOOST_TEST(equal(attention_weights(q, k, {.causal = true}), {{1, 0}, {0.5, 0.5}}));
  BOOST_TEST(equal(attention_weights(q, k, {.keep = Mask{{false, false}, {false, true}}}), {{0, 0}, {0, 1}}));
}

BOOST_AUTO_TEST_CASE(times_v_they_are_attention) {
  for (const auto& [queries, keys] : {std::pair{5, 5}, {1, 7}, {6, 3}})
    for (const Options& options : test::rules(queries, keys)) {
      auto x = heads({2, 3}, queries, keys, 4, 3);
      x.push_back(random({3, queries, keys}, 9));
      const auto weights = weights_with(options)(x);
      BOOST_TEST(weights.shape() == Shape({2, 3, queries, keys}));
      BOOST_TEST(close(matmul(weights, x[2]), attention_with(options)(x), 1e-14));
      check_grads(weights_with(options), x);
    }
}

BOOST_AUTO_TEST_CASE(heads_broadcast_and_are_shared) {
  for (const auto& [q, k] : {std::pair{Shape{2, 6, 4, 3}, Shape{2, 2, 5, 3}},
                             {Shape{2, 1, 4, 3}, Shape{3, 5, 3}},
                             {Shape{2, 6, 4, 3}, Shape{5, 3}},
                             {Shape{4, 3}, Shape{2, 5, 3}}}) {
    const Inputs x = {random(q, 1), random(k, 2)};
    Shape v = k;
    v.back() = 2;
    const auto weights = attention_weights(x[0], x[1]);
    const auto y = scaled_dot_product_attention(x[0], x[1], random(v, 3));
    BOOST_TEST(Shape(weights.shape().begin(), weights.shape().end() - 1) ==
               Shape(y.shape().begin(), y.shape().end() - 1));
    if (q.size() == k.size() && q[1] == 6) {
      const auto repeated = reshape(broadcast_to(expand_dims(x[1], 2), {2, 2, 3, 5, 3}), {2, 6, 5, 3});
      BOOST_TEST(equal(weights, attention_weights(x[0], repeated)));
    }
    check_grads(weights_with({.causal = true}), x);
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_zero) {
  for (const auto& [q, k] : {std::pair{Shape{0, 3, 4}, Shape{0, 5, 4}},
                             {Shape{2, 0, 4}, Shape{2, 5, 4}},
                             {Shape{2, 3, 4}, Shape{2, 0, 4}},
                             {Shape{2, 3, 0}, Shape{2, 5, 0}}})
    check_grads(weights_with({}), {random(q, 1), random(k, 2)});
}

BOOST_AUTO_TEST_CASE(packed_heads) {
  const auto qkv = random({2, 5, (4 + 2 * 2) * 3}, 4);
  const Options options = {.causal = true, .keep = random_mask({2, 1, 1, 5}, 5)};
  const auto head = [&](index_t first, index_t count) {
    const auto all = reshape(qkv, {2, 5, 8, 3});
    return swapaxes(split(all, {first, first + count}, 2)[1], 1, 2);
  };
  const auto weights = attention_weights(qkv, 4, 2, options);
  BOOST_TEST(equal(weights, attention_weights(head(0, 4), head(4, 2), options)));
  const auto y =
      matmul(weights, reshape(broadcast_to(expand_dims(head(6, 2), 2), {2, 2, 2, 5, 3}), {2, 4, 5, 3}));
  BOOST_TEST(close(flatten(swapaxes(y, 1, 2), 2), scaled_dot_product_attention(qkv, 4, 2, options), 1e-14));
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor q = zeros({2, 3, 4, 5});
  const auto wrong = [&] { attention_weights(q, zeros({2, 3, 6, 4})); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(wrong) ==
             "attention_weights: q (2, 3, 4, 5) and k (2, 3, 6, 4): q and k differ in head size, 5 and 4" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([&] {
               attention_weights(q, zeros({2, 2, 6, 5}));
             }) ==
             "attention_weights: q (2, 3, 4, 5) and k (2, 2, 6, 5): the axes before the last two do not "
             "broadcast, and q's heads are no multiple of those of k");
  BOOST_TEST(text_of<ShapeError>([&] { attention_weights(q, zeros({5})); }) ==
             "attention_weights: q (2, 3, 4, 5) and k (5,): each needs two axes or more, (..., T, D)");
  BOOST_TEST(text_of<ShapeError>([&] {
               attention_weights(q, q, {.keep = Mask{{true, true}}});
             }) ==
             "attention_weights: keep (1, 2) does not broadcast to the scores (2, 3, 4, 4), which are (..., "
             "queries, keys)");
  BOOST_TEST(text_of<ShapeError>([&] {
               attention_weights(zeros({2, 3}), 1, 1);
             }) == "attention_weights: qkv needs 3 axes, not shape (2, 3)");
}

BOOST_AUTO_TEST_SUITE_END()
