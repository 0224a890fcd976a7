// Attention modules.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/attention.hpp>
#include <xtape/nn/block.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/logical.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/nn/module_goldens.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::leaf_from;
using test::message_of;
using test::place;
using test::text_of;

namespace {

using MultiHeadAttention64 = nn::BasicMultiHeadAttention<double>;

void check_self_attention(const std::string& name, nn::MultiHeadAttentionConfig config,
                          const nn::MultiHeadAttentionOptions<double>& options = {}) {
  const auto state = golden("nn/multi_head_attention_" + name);
  MultiHeadAttention64 attention(config);
  test::load_from(attention, state);
  const auto x = leaf_from(state, "x");
  test::check_result(attention, state, attention(x, options));
  test::check_grad(state, "x", x);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(attention)

BOOST_AUTO_TEST_CASE(self_attention_as_in_pytorch) {
  check_self_attention("self", {.embed_dim = 12, .num_heads = 3});
  check_self_attention("self_no_bias", {.embed_dim = 12, .num_heads = 3, .bias = false});
}

BOOST_AUTO_TEST_CASE(causal_self_attention_as_in_pytorch) {
  check_self_attention("causal", {.embed_dim = 12, .num_heads = 3}, {.causal = true});
}

BOOST_AUTO_TEST_CASE(padded_keys_as_in_pytorch) {
  const auto keep = golden("nn/multi_head_attention_padded").get<Mask>("keep");
  check_self_attention("padded", {.embed_dim = 12, .num_heads = 3}, {.keep = keep});
}

BOOST_AUTO_TEST_CASE(cross_attention_as_in_pytorch) {
  const auto state = golden("nn/multi_head_attention_cross");
  MultiHeadAttention64 attention({.embed_dim = 12, .num_heads = 3});
  test::load_from(attention, state);
  const auto query = leaf_from(state, "query"), key = leaf_from(state, "key"),
             value = leaf_from(state, "value");
  test::check_result(attention, state, attention(query, key, value, {.keep = state.get<Mask>("keep")}));
  test::check_grad(state, "query", query);
  test::check_grad(state, "key", key);
  test::check_grad(state, "value", value);
}

BOOST_AUTO_TEST_CASE(a_bias_and_padded_keys_as_in_pytorch) {
  const auto state = golden("nn/multi_head_attention_bias");
  MultiHeadAttention64 attention({.embed_dim = 12, .num_heads = 3});
  test::load_from(attention, state);
  const auto query = leaf_from(state, "query"), key = leaf_from(state, "key"),
             value = leaf_from(state, "value"), bias = leaf_from(state, "bias");
  const auto keep = state.get<Mask>("keep");
  test::check_result(attention, state, attention(query, key, value, {.keep = keep, .bias = bias}));
  test::check_grad(state, "query", query);
  test::check_grad(state, "key", key);
  test::check_grad(state, "value", value);
  test::check_grad(state, "bias", bias);
}

BOOST_AUTO_TEST_CASE(self_attention_takes_a_bias_too) {
  const MultiHeadAttention64 attention({.embed_dim = 6, .num_heads = 2});
  Generator generator(3);
  const auto x = randn<double>({2, 3, 6}, generator), bias = randn<double>({2, 3, 3}, generator);
  BOOST_TEST(difference(attention(x, {.bias = bias}), attention(x, x, x, {.bias = bias})) < 1e-14);
  BOOST_TEST(difference(attention(x, {.bias = bias}), attention(x)) > 1e-3);
}

BOOST_AUTO_TEST_CASE(grouped_heads_as_in_pytorch) {
  const auto state = golden("nn/causal_self_attention_grouped");
  nn::BasicCausalSelfAttention<double> attention({.n_embd = 12, .n_head = 6, .n_kv_head = 2});
  BOOST_TEST(attention.c_attn.weight.shape() == (Shape{20, 12}));
  test::load_from(attention, state);
  const auto x = leaf_from(state, "x");
  test::check_result(attention, state, attention(x));
  test::check_grad(state, "x", x);
}

BOOST_AUTO_TEST_CASE(self_attention_is_cross_attention_to_oneself) {
  const MultiHeadAttention64 attention({.embed_dim = 6, .num_heads = 2});
  Generator generator(2);
  const auto x = randn<double>({2, 3, 6}, generator);
  BOOST_TEST(difference(attention(x), attention(x, x, x)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(the_parameters_are_pytorchs) {
  Generator generator(4);
  const nn::MultiHeadAttention attention({.embed_dim = 12, .num_heads = 3}, generator);
  std::string names;
  for (const auto& [name, x] : attention.named_parameters()) names += name + to_string(x.shape()) + ' ';
  BOOST_TEST(names == "in_proj_weight(36, 12) in_proj_bias(36,) out_proj.weight(12, 12) out_proj.bias(12,) ");
  BOOST_TEST(attention.in_proj_bias->at({7}) == 0);
  BOOST_TEST(attention.out_proj.bias->at({7}) == 0);
  const auto& weight = attention.in_proj_weight;
  const float largest = *std::max_element(weight.data(), weight.data() + weight.size());
  const float bound = std::sqrt(6.0F / 48);
  BOOST_TEST(largest < bound);
  BOOST_TEST(largest > 0.95F * bound);
}

BOOST_AUTO_TEST_CASE(positions_see_themselves_and_those_before) {
  const nn::BasicCausalSelfAttention<double> attention({.n_embd = 6, .n_head = 2});
  Generator generator(5);
  const auto x = randn<double>({1, 4, 6}, generator);
  auto changed = x.clone();
  {
    const NoGrad scope;
    changed.mutable_data()[3 * 6] += 1;
  }
  const auto y = attention(x), z = attention(changed);
  BOOST_TEST(std::equal(y.data(), y.data() + 18, z.data()));
  BOOST_TEST(y.at({0, 3, 0}) != z.at({0, 3, 0}));
}

BOOST_AUTO_TEST_CASE(causal_self_attention_is_the_general_one_with_other_names) {
  Generator generator(6);
  const nn::BasicCausalSelfAttention<double> packed({.n_embd = 6, .n_head = 3}, generator);
  MultiHeadAttention64 general({.embed_dim = 6, .num_heads = 3});
  nn::StateDict state;
  state.add("in_proj_weight", packed.c_attn.weight);
  state.add("in_proj_bias", *packed.c_attn.bias);
  state.add("out_proj.weight", packed.c_proj.weight);
  state.add("out_proj.bias", *packed.c_proj.bias);
  general.load_state_dict(state);
  const auto x = randn<double>({2, 5, 6}, generator);
  BOOST_TEST(difference(packed(x), general(x, {.causal = true})) < 1e-14);
}

BOOST_AUTO_TEST_CASE(key_keep_hides_keys_from_all_queries) {
  const auto state = golden("nn/multi_head_attention_padded");
  const auto keep = state.get<Mask>("keep").reshape({2, 5});
  check_self_attention("padded", {.embed_dim = 12, .num_heads = 3}, {.key_keep = keep});

  const MultiHeadAttention64 attention({.embed_dim = 6, .num_heads = 2});
  Generator generator(10);
  const auto query = randn<double>({2, 3, 6}, generator), key = randn<double>({2, 4, 6}, generator);
  const Mask keys = {{true, true, false, false}, {true, false, true, true}};
  const Mask both = tril_mask(3, 4) & keys.reshape({2, 1, 1, 4});
  BOOST_TEST(difference(attention(query, key, key, {.keep = tril_mask(3, 4), .key_keep = keys}),
                        attention(query, key, key, {.keep = both})) == 0);
  BOOST_TEST(difference(attention(query, key, key, {.causal = true, .key_keep = keys}),
                        attention(query, key, key, {.keep = both})) < 1e-15);
  const auto nothing =
      attention(query, key, key, {.key_keep = Mask{{false, false, false, false}, {true, true, true, true}}});
  for (index_t c = 0; c < 6; ++c) BOOST_TEST(nothing.at({0, 2, c}) == attention.out_proj.bias->at({c}));

  BOOST_TEST(
      text_of<ShapeError>([&] {
        attention(query, key, key, {.key_keep = Mask{{true, true, true}}});
      }) ==
      "MultiHeadAttention: key_keep of shape (1, 3) does not fit keys of shape (2, 4, 6); it needs (2, 4)");
  BOOST_TEST(
      text_of<ShapeError>([&] { attention(query, key, key, {.keep = tril_mask(3, 5), .key_keep = keys}); }) ==
      "MultiHeadAttention: keep (3, 5) does not broadcast to the scores (2, 2, 3, 4), which are (..., "
      "queries, keys)");
}

BOOST_AUTO_TEST_CASE(masks_of_queries_that_share_their_keys) {
  Generator generator(12);
  const MultiHeadAttention64 attention({.embed_dim = 6, .num_heads = 2}, generator);
  const auto query = randn<double>({2, 3, 6}, generator), key = randn<double>({1, 4, 6}, generator);
  const Mask keys = {{true, true, false, true}};
  const Mask keep = tril_mask(6, 4).reshape({2, 1, 3, 4});
  const auto of_both = attention(query, key, key, {.keep = keep, .key_keep = keys});
  const auto twice = broadcast_to(key, {2, 4, 6});
  const Mask both = logical_and(keep, keys.reshape({1, 1, 1, 4}));
  BOOST_TEST(difference(of_both, attention(query, twice, twice, {.keep = both})) < 1e-15);
}

BOOST_AUTO_TEST_CASE(weights_tell_what_each_query_takes) {
  Generator generator(11);
  const MultiHeadAttention64 attention({.embed_dim = 6, .num_heads = 2, .dropout = 0.5}, generator);
  const auto query = randn<double>({2, 3, 6}, generator), key = randn<double>({2, 4, 6}, generator);
  const Mask keys = {{true, true, false, false}, {true, false, true, true}};
  const auto weights = attention.weights(query, key, {.causal = true, .key_keep = keys});  // (B, H, Tq, Tk)
  BOOST_TEST(weights.shape() == Shape({2, 2, 3, 4}));
  BOOST_TEST(difference(sum(weights, -1), ones<double>({2, 2, 3})) < 1e-15);
  for (index_t head = 0; head < 2; ++head) {
    BOOST_TEST(weights.at({0, head, 0, 0}) == 1);
    BOOST_TEST(weights.at({0, head, 2, 2}) == 0);
    BOOST_TEST(weights.at({1, head, 1, 2}) == 0);
    BOOST_TEST(weights.at({1, head, 2, 2}) > 0);
  }
  BOOST_TEST(attention.weights(query).shape() == Shape({2, 2, 3, 3}));
  BOOST_TEST(difference(attention.weights(query), attention.weights(query, query)) == 0);

  const nn::BasicCausalSelfAttention<double> causal({.n_embd = 6, .n_head = 2, .dropout = 0.5}, generator);
  const auto own = causal.weights(query);  // (B, H, T, T)
  BOOST_TEST(own.shape() == Shape({2, 2, 3, 3}));
  BOOST_TEST(difference(own, tril(own)) == 0);
  BOOST_TEST(difference(sum(own, -1), ones<double>({2, 2, 3})) < 1e-15);
}

BOOST_AUTO_TEST_CASE(dropout_acts_only_while_training) {
  nn::CausalSelfAttention attention({.n_embd = 8, .n_head = 2, .dropout = 0.5});
  Generator generator(8);
  const auto x = randn({2, 4, 8}, generator);
  BOOST_TEST(difference(attention(x), attention(x)) > 0);
  attention.eval();
  BOOST_TEST(difference(attention(x), attention(x)) == 0);

  nn::MultiHeadAttention general({.embed_dim = 8, .num_heads = 2, .dropout = 0.5});
  BOOST_TEST(difference(general(x), general(x)) > 0);
  general.eval();
  BOOST_TEST(difference(general(x), general(x)) == 0);
}

BOOST_AUTO_TEST_CASE(widths_that_heads_do_not_divide_are_refused) {
  const int line = __LINE__ + 1;
  const auto wrong = [] { nn::CausalSelfAttention attention({.n_embd = 10, .n_head = 3}); };
  BOOST_TEST(message_of<ValueError>(wrong) ==
             "CausalSelfAttention: n_embd = 10 is not a multiple of n_head = 3" + place(__FILE__, line));
  BOOST_TEST(text_of<ValueError>([] {
               nn::MultiHeadAttention attention({.embed_dim = 8, .num_heads = 0});
             }) == "MultiHeadAttention: num_heads = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] {
               nn::CausalSelfAttention attention({.n_embd = 8, .n_head = 4, .n_kv_head = 3});
             }) == "CausalSelfAttention: n_head = 4 is not a multiple of n_kv_head = 3");
  BOOST_TEST(text_of<ValueError>([] {
               nn::CausalSelfAttention attention({.n_embd = 8, .n_head = 4, .n_kv_head = 0});
             }) == "CausalSelfAttention: n_kv_head = 0 must be 1 or more");
}

BOOST_AUTO_TEST_CASE(inputs_without_a_batch_are_refused) {
  const nn::MultiHeadAttention attention({.embed_dim = 8, .num_heads = 2});
  BOOST_TEST(text_of<ShapeError>([&] {
               attention(zeros({4, 8}));
             }) == "MultiHeadAttention: x needs 3 axes, not shape (4, 8)");
  const nn::CausalSelfAttention causal({.n_embd = 8, .n_head = 2});
  BOOST_TEST(text_of<ShapeError>([&] {
               causal(zeros({4, 8}));
             }) == "CausalSelfAttention: x needs 3 axes, not shape (4, 8)");
}

BOOST_AUTO_TEST_CASE(a_block_adds_attention_and_network_to_its_input) {
  Generator generator(9);
  const nn::BasicBlock<double> block({.n_embd = 6, .n_head = 2}, generator);
  const auto x = randn<double>({2, 3, 6}, generator);
  const auto y = x + block.attn(block.ln_1(x));
  BOOST_TEST(difference(block(x), y + block.mlp(block.ln_2(y))) == 0);
  BOOST_TEST(block.parameter_count() == 2 * 12 + (18 * 6 + 18) + (36 + 6) + (24 * 6 + 24) + (6 * 24 + 6));
  BOOST_TEST(difference(nn::clone(block)(x), block(x)) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
