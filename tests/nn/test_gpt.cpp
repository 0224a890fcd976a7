// GPT: names, sizes, first values, results, training, saving.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/nn/clip_grad.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/nn/io/safetensors.hpp>
#include <xtape/ops/cross_entropy.hpp>

#include "tests/nn/module_goldens.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::message_of;
using test::place;
using test::text_of;

namespace {

constexpr nn::GPTConfig tiny = {.n_layer = 2, .n_head = 2, .n_embd = 8, .block_size = 6, .vocab_size = 11};

nn::GPTConfig tiny_with(double dropout) {
  auto config = tiny;
  config.dropout = dropout;
  return config;
}

double deviation(const Tensor& x) {
  double squares = 0;
  for (index_t i = 0; i < x.size(); ++i) squares += x.data()[i] * x.data()[i];
  return std::sqrt(squares / static_cast<double>(x.size()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gpt)

BOOST_AUTO_TEST_CASE(as_in_pytorch) {
  const auto state = golden("nn/gpt");
  nn::BasicGPT<double> model(tiny);
  test::load_from(model, state);
  const auto logits = model(state.get<Indices>("idx"));
  BOOST_TEST(difference(logits, state.get<Tensor64>("logits")) < 1e-12);
  const auto loss = cross_entropy(logits, state.get<Indices>("targets"));
  BOOST_TEST(difference(loss, state.get<Tensor64>("loss")) < 1e-13);
  loss.backward();
  test::check_grads_of(model, state);
}

BOOST_AUTO_TEST_CASE(attention_weights_of_each_block) {
  Generator generator(12);
  nn::BasicGPT<double> model(tiny, generator);
  const Indices idx = {{1, 2, 3}, {4, 5, 6}};
  const auto weights = model.attention_weights(idx);
  BOOST_TEST(weights.size() == 2U);
  const auto x = model.wte(idx) + model.wpe({0, 1, 2});  // (B, T, C)
  BOOST_TEST(difference(weights[0], model.h[0].attn.weights(model.h[0].ln_1(x))) == 0);
  BOOST_TEST(difference(weights[1], model.h[1].attn.weights(model.h[1].ln_1(model.h[0](x)))) == 0);
  BOOST_TEST(text_of<ShapeError>([&] {
               model.attention_weights({0, 1});
             }) == "GPT: idx needs 2 axes, not shape (2,)");
}

BOOST_AUTO_TEST_CASE(names_are_nanogpts) {
  std::string names;
  auto config = tiny;
  config.n_layer = 1;
  for (const auto& [name, x] : nn::GPT(config).named_parameters()) names += name + ' ';
  BOOST_TEST(
      names ==
      "transformer.wte.weight transformer.wpe.weight transformer.h.0.ln_1.weight transformer.h.0.ln_1.bias "
      "transformer.h.0.attn.c_attn.weight transformer.h.0.attn.c_attn.bias "
      "transformer.h.0.attn.c_proj.weight transformer.h.0.attn.c_proj.bias transformer.h.0.ln_2.weight "
      "transformer.h.0.ln_2.bias transformer.h.0.mlp.c_fc.weight transformer.h.0.mlp.c_fc.bias "
      "transformer.h.0.mlp.c_proj.weight transformer.h.0.mlp.c_proj.bias transformer.ln_f.weight "
      "transformer.ln_f.bias ");
}

BOOST_AUTO_TEST_CASE(the_published_configurations_have_the_published_sizes) {
  const auto without_positions = [](const nn::GPT& model) {
    return model.parameter_count() - model.wpe.weight.size();
  };
  const nn::GPT cpu(
      {.n_layer = 4, .n_head = 4, .n_embd = 128, .block_size = 64, .vocab_size = 65, .bias = false});
  BOOST_TEST(cpu.parameter_count() == 804096);
  BOOST_TEST(without_positions(cpu) == 795904);  // nanoGPT prints 0.80M
  const nn::GPT baby(
      {.n_layer = 6, .n_head = 6, .n_embd = 384, .block_size = 256, .vocab_size = 65, .bias = false});
  BOOST_TEST(without_positions(baby) == 10646784);  // 10.65M
}

BOOST_AUTO_TEST_CASE(first_values_are_gpt2s) {
  Generator generator(1), same(1);
  const nn::GPT model({.n_layer = 8, .n_head = 2, .n_embd = 32, .block_size = 16, .vocab_size = 65},
                      generator);
  BOOST_TEST(std::abs(deviation(model.wte.weight) - 0.02) < 0.001);
  BOOST_TEST(std::abs(deviation(model.wpe.weight) - 0.02) < 0.002);
  BOOST_TEST(std::abs(deviation(model.h[3].attn.c_attn.weight) - 0.02) < 0.001);
  BOOST_TEST(std::abs(deviation(model.h[3].attn.c_proj.weight) - 0.005) < 0.0005);
  BOOST_TEST(std::abs(deviation(model.h[7].mlp.c_proj.weight) - 0.005) < 0.0005);
  BOOST_TEST(deviation(*model.h[0].mlp.c_fc.bias) == 0);
  BOOST_TEST(deviation(model.ln_f.weight) == 1);
  const nn::GPT again(model.config(), same);
  for (const auto& [name, x] : model.named_parameters())
    BOOST_TEST(difference(x, again.state_dict().get<Tensor>(name)) == 0);
}

BOOST_AUTO_TEST_CASE(the_head_shares_the_embeddings_weight) {
  const nn::GPT model(tiny);
  BOOST_TEST((model.lm_head.weight.node() == model.wte.weight.node()));
  const auto copy = nn::clone(model);
  BOOST_TEST((copy.lm_head.weight.node() == copy.wte.weight.node()));
  const auto wide = nn::cast<double>(model);
  BOOST_TEST((wide.lm_head.weight.node() == wide.wte.weight.node()));
  const Indices idx = {{1, 2, 3}};
  BOOST_TEST(difference(copy(idx), model(idx)) == 0);
  BOOST_TEST(difference(wide(idx).astype<float>(), model(idx)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_tiny_batch_is_learned_by_heart) {
  Generator generator(2);
  nn::GPT model(tiny, generator);
  const Indices x = {{1, 2, 3, 4, 5, 6}, {10, 9, 8, 7, 6, 5}}, y = {{2, 3, 4, 5, 6, 7}, {9, 8, 7, 6, 5, 4}};
  nn::AdamW optimizer(nn::decay_groups(model.parameters(), 0.01), {.lr = 1e-2});
  const double first = cross_entropy(model(x), y).item();
  BOOST_TEST(std::abs(first - std::log(11)) < 0.1);
  for (int i = 0; i < 200; ++i) {
    optimizer.zero_grad();
    cross_entropy(model(x), y).backward();
    nn::clip_grad_norm(model.parameters(), 1.0);
    optimizer.step();
  }
  BOOST_TEST(cross_entropy(model(x), y).item() < 0.02);
}

BOOST_AUTO_TEST_CASE(dropout_acts_only_while_training) {
  Generator generator(3), same(3);
  nn::GPT model(tiny_with(0.2), generator);
  const nn::GPT dry(tiny, same);
  const Indices idx = {{1, 2, 3, 4}};
  BOOST_TEST(difference(model(idx), model(idx)) > 0);
  model.eval();
  BOOST_TEST(difference(model(idx), dry(idx)) == 0);
  model.train();
  manual_seed(5);
  const auto y = model(idx);
  manual_seed(5);
  BOOST_TEST(difference(model(idx), y) == 0);
}

BOOST_AUTO_TEST_CASE(a_saved_model_comes_back_the_same) {
  const test::TemporaryFolder folder;
  Generator generator(4);
  const nn::GPT model(tiny, generator);
  nn::save_safetensors(folder / "model", model.state_dict(), {{"n_layer", "2"}});
  nn::GPT again(tiny);
  again.load_state_dict(nn::load_safetensors(folder / "model").tensors);
  const Indices idx = {{1, 2, 3, 4}};
  BOOST_TEST(difference(again(idx), model(idx)) == 0);

  auto with_alias = model.state_dict();
  with_alias.add("lm_head.weight", model.wte.weight);
  again.load_state_dict(with_alias);
  nn::StateDict other;
  for (const auto& [name, x] : model.state_dict()) other.add(name, x);
  other.add("lm_head.weight", full({11, 8}, 1));
  BOOST_TEST(text_of<ValueError>([&] {
               again.load_state_dict(other);
             }).find("lm_head.weight  tied to transformer.wte.weight  other values") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(contexts_that_do_not_fit_are_refused) {
  const nn::GPT model(tiny);
  BOOST_TEST(text_of<ShapeError>([&] {
               model(Indices{{1, 2, 3, 4, 5, 6, 7}});
             }) == "GPT: idx (1, 7) has 7 positions, more than block_size = 6; crop it to the last 6");
  BOOST_TEST(text_of<ShapeError>([&] { model(Indices{1, 2}); }) == "GPT: idx needs 2 axes, not shape (2,)");
  const int line = __LINE__ + 1;
  const auto message = message_of<IndexError>([&] { model(Indices{{1, 11}}); });
  BOOST_TEST(message.ends_with(place(__FILE__, line) + ", in transformer.wte"));
}

BOOST_AUTO_TEST_CASE(configurations_that_cannot_be_are_refused) {
  const auto refusal = [](nn::GPTConfig config) {
    return text_of<ValueError>([&] { nn::GPT model(config); });
  };
  auto config = tiny;
  config.n_head = 3;
  BOOST_TEST(refusal(config) == "GPT: n_embd = 8 is not a multiple of n_head = 3");
  config = tiny;
  config.vocab_size = 0;
  BOOST_TEST(refusal(config) == "GPT: vocab_size = 0 must be 1 or more");
  BOOST_TEST(refusal(tiny_with(-0.5)) == "GPT: dropout = -0.5 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_CASE(errors_deep_inside_name_the_users_line_and_the_module) {
  nn::GPT model(tiny);
  model.h[1].attn.c_proj.weight = zeros({8, 9});
  const int line = __LINE__ + 1;
  const auto message = message_of<ShapeError>([&] { model(Indices{{1, 2}}); });
  BOOST_TEST(message.starts_with("linear: "));
  BOOST_TEST(message.ends_with(place(__FILE__, line) + ", in transformer.h.1.attn.c_proj"));
}

BOOST_AUTO_TEST_CASE(nodes_name_their_module) {
  const nn::GPT model(tiny);
  const auto logits = model(Indices{{1, 2}});
  BOOST_TEST(*logits.node()->module == "lm_head");
  BOOST_TEST(*model.h[1].mlp.c_fc(zeros({1, 8})).node()->module == "transformer.h.1.mlp.c_fc");
}

BOOST_AUTO_TEST_CASE(a_step_leaves_no_node_behind) {
  nn::GPT model(tiny_with(0.1));
  const auto before = live_nodes();
  cross_entropy(model(Indices{{1, 2, 3}}), Indices{{2, 3, 4}}).backward();
  BOOST_TEST(live_nodes() == before);
}

BOOST_AUTO_TEST_SUITE_END()
