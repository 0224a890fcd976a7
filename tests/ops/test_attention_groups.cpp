// Attention where heads of queries share a head of keys and values.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/ops/attention_cases.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::attention_with;
using test::close;
using test::heads;
using test::Inputs;
using test::Options;
using test::random;
using test::random_leaf;
using test::random_mask;
using test::text_of;

namespace {

/// q of `leading` heads, k and v of `shared` heads.
Inputs grouped(const Shape& leading, const Shape& shared, index_t queries, index_t keys) {
  const auto kv = heads(shared, 1, keys, 3, 2);
  return {heads(leading, queries, 1, 3, 1)[0], kv[1], kv[2]};
}

/// x (..., Hkv, T, D) with each head `group` times in a row.
Tensor64 repeated(const Tensor64& x, index_t group) {
  Shape wide = x.shape(), flat = x.shape();
  wide.insert(wide.size() - 2, group);
  flat[flat.size() - 3] *= group;
  return reshape(broadcast_to(expand_dims(x, -3), wide), flat);
}

/// Attention of {q, k, v} after repeating k and v.
auto repeated_with(const Options& options, index_t group) {
  return [=](const Inputs& x) {
    return attention_with(options)({x[0], repeated(x[1], group), repeated(x[2], group)});
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_groups)

BOOST_AUTO_TEST_CASE(the_same_as_repeated_heads) {
  for (const index_t shared : {1, 2, 3})
    for (const auto& [queries, keys] : {std::pair{5, 5}, {3, 6}, {70, 131}})
      for (const Options& options :
           {Options{},
            Options{.causal = true, .keep = random_mask({6, queries, keys}, 70), .dropout = 0.3}}) {
        const auto x = grouped({2, 6}, {2, shared}, queries, keys);
        const auto gy = random({2, 6, queries, 2}, 71);
        BOOST_TEST(close(attention_with(options)(x), repeated_with(options, 6 / shared)(x), 1e-14));
        const auto g = agreed_gradients(attention_with(options), x, gy, 1e-12);
        const auto want = agreed_gradients(repeated_with(options, 6 / shared), x, gy, 1e-12);
        for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(close(g[i], want[i], 1e-13));
      }
}

BOOST_AUTO_TEST_CASE(leading_axes_still_broadcast) {
  const auto x = grouped({2, 1, 4}, {3, 2}, 3, 5);
  const Inputs full = {broadcast_to(x[0], {2, 3, 4, 3, 3}), broadcast_to(x[1], {2, 3, 2, 5, 3}),
                       broadcast_to(x[2], {2, 3, 2, 5, 2})};
  BOOST_TEST(close(attention_with({})(x), repeated_with({}, 2)(full), 1e-15));
  check_grads(attention_with({}), x);
  const Inputs one_value_head = {x[0], x[1], random({1, 5, 2}, 72)};
  const Inputs two_value_heads = {x[0], x[1], broadcast_to(one_value_head[2], {2, 5, 2})};
  BOOST_TEST(close(attention_with({})(one_value_head), attention_with({})(two_value_heads), 1e-15));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  const Options options = {.causal = true, .keep = random_mask({4, 3, 4}, 73), .dropout = 0.2};
  for (const Shape& shared : {Shape{2, 2}, Shape{2, 1}, Shape{1, 2}, Shape{}}) {
    auto x = grouped({2, 4}, shared, 3, 4);
    check_grads(attention_with({}), x);
    x.push_back(random({4, 3, 4}, 74));
    check_grads(attention_with(options), x);
  }
  check_grads(attention_with({}), grouped({4}, {2}, 1, 1));
  check_grads(attention_with({.causal = true}), grouped({1, 4}, {1, 2}, 67, 67));
  check_grads(attention_with({}), grouped({0, 4}, {0, 2}, 3, 3));
  check_grads(attention_with({}), grouped({2, 4}, {2, 2}, 3, 0));
}

BOOST_AUTO_TEST_CASE(keys_and_values_are_not_repeated) {
  const auto q = random_leaf<float>({32, 16, 8}, 75), kv = random_leaf<float>({1, 4096, 8}, 76);
  const std::size_t size = 4096 * 8 * sizeof(float);
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  const auto y = scaled_dot_product_attention(q, kv, kv);
  y.backward(y);
  BOOST_TEST(memory_stats().peak - before < 4 * size);
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  for (const Shape& leading : {Shape{1, 4}, Shape{8, 6}})
    test::check_threads([&] {
      const index_t B = leading[0], H = leading[1];
      const auto q = random_leaf<float>({B, H, 150, 16}, 77), kv = random_leaf<float>({B, 2, 150, 16}, 78);
      const auto y = scaled_dot_product_attention(q, kv, kv, {.causal = true});
      y.backward(y);
      return test::values<float>({y, q.grad(), kv.grad()});
    });
}

BOOST_AUTO_TEST_CASE(heads_that_do_not_divide_are_refused) {
  const Tensor q = zeros({2, 4, 5, 6}), k = zeros({2, 3, 5, 6});
  BOOST_TEST(
      text_of<ShapeError>([&] { scaled_dot_product_attention(q, k, k); }) ==
      "scaled_dot_product_attention: q (2, 4, 5, 6), k (2, 3, 5, 6) and v (2, 3, 5, 6): the axes before "
      "the last two do not broadcast, and q's heads are no multiple of those of k and v");
}

BOOST_AUTO_TEST_SUITE_END()
