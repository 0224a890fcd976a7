// Attention of packed heads: the same as of separate ones, in place.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/ops/attention_cases.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::attention_with;
using test::close;
using test::Inputs;
using test::Options;
using test::random;
using test::random_leaf;
using test::random_mask;
using test::rules;
using test::text_of;

namespace {

/// Attention of {qkv} or {qkv, bias} that drops the same weights at each call.
auto packed_with(const Options& options, index_t n_head, index_t n_kv_head) {
  return [=](const Inputs& x) {
    return test::with_same_numbers(options, [&](Options own) {
      if (x.size() > 1) own.bias = x[1];
      return scaled_dot_product_attention(x[0], n_head, n_kv_head, own);
    });
  };
}

/// The same by splitting qkv (B, T, (H + 2 Hkv) 4) into heads.
auto separate_with(const Options& options, index_t n_head, index_t n_kv_head) {
  return [=](const Inputs& x) {
    const index_t B = x[0].shape(0), T = x[0].shape(1), D = 4;
    const auto parts = split(x[0], {n_head * D, (n_head + n_kv_head) * D}, -1);
    const auto heads = [&](std::size_t part, index_t count) {
      return swapaxes(reshape(parts[part], {B, T, count, D}), 1, 2);  // (B, H, T, D)
    };
    Inputs qkv = {heads(0, n_head), heads(1, n_kv_head), heads(2, n_kv_head)};
    if (x.size() > 1) qkv.push_back(x[1]);
    return reshape(swapaxes(attention_with(options)(qkv), 1, 2), {B, T, n_head * D});
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_packed)

BOOST_AUTO_TEST_CASE(the_same_as_separate_heads) {
  for (const index_t length : {1, 5, 70})
    for (const index_t n_kv_head : {3, 1})
      for (const auto& options : rules(length, length)) {
        const Inputs x = {random({2, length, (3 + 2 * n_kv_head) * 4}, 19), random({3, 1, length}, 20)};
        const auto packed = packed_with(options, 3, n_kv_head);
        const auto separate = separate_with(options, 3, n_kv_head);
        const auto gy = random({2, length, 12}, 21);
        BOOST_TEST(close(packed(x), separate(x), 1e-14));
        const auto g = agreed_gradients(packed, x, gy, 1e-12),
                   want = agreed_gradients(separate, x, gy, 1e-12);
        for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(close(g[i], want[i], 1e-13));
        BOOST_TEST(close(packed({x[0]}), separate({x[0]}), 1e-14));
      }
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const auto& options : rules(4, 4)) check_grads(packed_with(options, 3, 3), {random({2, 4, 18}, 21)});
  check_grads(packed_with({}, 1, 1), {random({1, 1, 3}, 22)});
  check_grads(packed_with({}, 2, 2), {random({0, 3, 12}, 23)});
  check_grads(packed_with({}, 2, 2), {random({2, 0, 12}, 24)});
  check_grads(packed_with({}, 2, 2), {random({2, 3, 0}, 25)});
  const Inputs grouped = {random({2, 3, 16}, 28), random({3, 3}, 29)};
  check_grads(packed_with({.causal = true, .dropout = 0.3}, 4, 2), grouped);
  check_grads(packed_with({.causal = true, .dropout = 0.1}, 2, 2), {random({1, 131, 3 * 34}, 26)});
}

BOOST_AUTO_TEST_CASE(heads_are_not_copied) {
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

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor qkv = zeros({2, 4, 24});
  BOOST_TEST(
      text_of<ShapeError>([&] { scaled_dot_product_attention(qkv, 3); }) ==
      "scaled_dot_product_attention: the last axis of qkv (2, 4, 24) does not divide into 3 heads of q "
      "and 3 each of k and v");
  BOOST_TEST(text_of<ValueError>([&] { scaled_dot_product_attention(qkv, 3, 2); }) ==
             "scaled_dot_product_attention: n_head = 3 is not a multiple of n_kv_head = 2");
  BOOST_TEST(text_of<ValueError>([&] { scaled_dot_product_attention(qkv, 2, -1); }) ==
             "scaled_dot_product_attention: n_kv_head = -1; it is 1 or more");
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
