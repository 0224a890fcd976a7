// Encoder, decoder and both together, against PyTorch's.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/transformer.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/nn/module_goldens.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::leaf_from;
using test::text_of;

namespace {

using EncoderBlock64 = nn::BasicEncoderBlock<double>;
using DecoderBlock64 = nn::BasicDecoderBlock<double>;
using Transformer64 = nn::BasicTransformer<double>;

/// The configurations of make_transformer.py.
constexpr nn::TransformerBlockConfig post = {.d_model = 8, .nhead = 2, .dim_feedforward = 12};
constexpr nn::TransformerBlockConfig pre = {.d_model = 8,
                                            .nhead = 2,
                                            .dim_feedforward = 12,
                                            .activation = nn::Activation::gelu,
                                            .norm_first = true,
                                            .bias = false};

std::string names_of(const nn::BasicModule<float>& module) {
  std::string names;
  for (const auto& [name, x] : module.named_parameters()) names += name + ' ';
  return names;
}

void check_encoder_block(const std::string& name, nn::TransformerBlockConfig config) {
  const auto state = golden("transformer/encoder_block_" + name);
  EncoderBlock64 block(config);
  block.eval();
  test::load_from(block, state);
  const auto x = leaf_from(state, "x");
  const auto keep = state.get<Mask>("keep"), key_keep = state.get<Mask>("key_keep");
  test::check_result(block, state, block(x, {.keep = keep, .key_keep = key_keep}));
  test::check_grad(state, "x", x);
}

void check_decoder_block(const std::string& name, nn::TransformerBlockConfig config) {
  const auto state = golden("transformer/decoder_block_" + name);
  DecoderBlock64 block(config);
  block.eval();
  test::load_from(block, state);
  const auto x = leaf_from(state, "x"), memory = leaf_from(state, "memory");
  const nn::DecoderOptions options = {.key_keep = state.get<Mask>("key_keep"),
                                      .memory_keep = state.get<Mask>("memory_keep"),
                                      .memory_key_keep = state.get<Mask>("memory_key_keep")};
  test::check_result(block, state, block(x, memory, options));
  test::check_grad(state, "x", x);
  test::check_grad(state, "memory", memory);
}

void check_transformer(const std::string& name, nn::TransformerConfig config) {
  const auto state = golden("transformer/transformer_" + name);
  Transformer64 model(config);
  model.eval();
  test::load_from(model, state);
  const auto src = leaf_from(state, "src"), tgt = leaf_from(state, "tgt");
  const nn::TransformerOptions options = {.src_key_keep = state.get<Mask>("src_key_keep"),
                                          .tgt_key_keep = state.get<Mask>("tgt_key_keep")};
  test::check_result(model, state, model(src, tgt, options));
  test::check_grad(state, "src", src);
  test::check_grad(state, "tgt", tgt);
  const auto weights = model.cross_weights(src, tgt, options);
  for (std::size_t i = 0; i < weights.size(); ++i)
    BOOST_TEST(difference(weights[i], state.get<Tensor64>("cross_weights." + std::to_string(i))) < 1e-14);
  BOOST_TEST(weights.size() == model.decoder.layers.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transformer)

BOOST_AUTO_TEST_CASE(encoder_blocks_as_in_pytorch) {
  check_encoder_block("post", post);
  check_encoder_block("pre", pre);
}

BOOST_AUTO_TEST_CASE(decoder_blocks_as_in_pytorch) {
  check_decoder_block("post", post);
  check_decoder_block("pre", pre);
}

BOOST_AUTO_TEST_CASE(transformers_as_in_pytorch) {
  check_transformer(
      "post",
      {.d_model = 8, .nhead = 2, .num_encoder_layers = 2, .num_decoder_layers = 2, .dim_feedforward = 12});
  check_transformer("pre", {.d_model = 8,
                            .nhead = 2,
                            .num_encoder_layers = 1,
                            .num_decoder_layers = 1,
                            .dim_feedforward = 12,
                            .activation = nn::Activation::gelu,
                            .norm_first = true});
}

BOOST_AUTO_TEST_CASE(names_are_pytorchs) {
  BOOST_TEST(names_of(nn::Encoder({.num_layers = 1, .block = pre, .norm = true})) ==
             "layers.0.self_attn.in_proj_weight layers.0.self_attn.out_proj.weight layers.0.linear1.weight "
             "layers.0.linear2.weight layers.0.norm1.weight layers.0.norm2.weight norm.weight ");
  BOOST_TEST(names_of(nn::Decoder({.num_layers = 1, .block = pre})) ==
             "layers.0.self_attn.in_proj_weight layers.0.self_attn.out_proj.weight "
             "layers.0.multihead_attn.in_proj_weight layers.0.multihead_attn.out_proj.weight "
             "layers.0.linear1.weight layers.0.linear2.weight layers.0.norm1.weight layers.0.norm2.weight "
             "layers.0.norm3.weight ");
}

BOOST_AUTO_TEST_CASE(the_papers_base_model_has_its_size) {
  nn::TransformerConfig config = {.num_encoder_layers = 1, .num_decoder_layers = 1};
  const index_t attention = 4 * (512 * 512 + 512), network = 2 * 512 * 2048 + 2048 + 512, norm = 2 * 512;
  BOOST_TEST(nn::Transformer(config).parameter_count() ==
             (attention + network + 3 * norm) + (2 * attention + network + 4 * norm));
}

BOOST_AUTO_TEST_CASE(the_decoder_does_not_look_ahead_unless_told) {
  Generator generator(1);
  Transformer64 model(
      {.d_model = 6, .nhead = 2, .num_encoder_layers = 1, .num_decoder_layers = 2, .dim_feedforward = 5},
      generator);
  model.eval();
  const auto src = randn<double>({1, 3, 6}, generator), tgt = randn<double>({1, 4, 6}, generator);
  auto changed = tgt.clone();
  {
    const NoGrad scope;
    changed.mutable_data()[3 * 6] += 1;
  }
  const auto y = model(src, tgt), z = model(src, changed);
  BOOST_TEST(std::equal(y.data(), y.data() + 18, z.data()));
  BOOST_TEST(y.at({0, 3, 0}) != z.at({0, 3, 0}));
  BOOST_TEST(model(src, tgt, {.causal = false}).at({0, 0, 0}) !=
             model(src, changed, {.causal = false}).at({0, 0, 0}));
  BOOST_TEST(difference(model.decode(tgt, model.encode(src)), y) == 0);
  BOOST_TEST(difference(nn::clone(model)(src, tgt), y) == 0);
}

BOOST_AUTO_TEST_CASE(encoders_show_the_weights_of_each_block) {
  Generator generator(2);
  const auto x = randn<double>({2, 3, 8}, generator);
  const nn::EncoderOptions options = {.key_keep = Mask{{true, true, false}, {true, true, true}},
                                      .causal = true};
  for (const auto& config : {post, pre}) {
    nn::BasicEncoder<double> encoder({.num_layers = 2, .block = config}, generator);
    encoder.eval();
    const auto weights = encoder.attention_weights(x, options);
    BOOST_TEST(weights.size() == 2U);
    const auto& second = encoder.layers[1];
    const auto y = encoder.layers[0](x, options), read = config.norm_first ? second.norm1(y) : y;
    BOOST_TEST(difference(weights[1], second.self_attn.weights(
                                          read, {.causal = true, .key_keep = options.key_keep})) == 0);
    BOOST_TEST(weights[0].at({0, 1, 2, 2}) == 0);
    BOOST_TEST(weights[0].at({1, 1, 1, 2}) == 0);
    BOOST_TEST(difference(sum(weights[0], -1), ones<double>({2, 2, 3})) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(dropout_acts_only_while_training) {
  manual_seed(3);
  nn::Transformer model({.d_model = 8,
                         .nhead = 2,
                         .num_encoder_layers = 1,
                         .num_decoder_layers = 1,
                         .dim_feedforward = 12,
                         .dropout = 0.5});
  const auto x = randn({2, 3, 8});
  BOOST_TEST(difference(model(x, x), model(x, x)) > 0);
  model.eval();
  BOOST_TEST(difference(model(x, x), model(x, x)) == 0);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  Generator g;
  BOOST_TEST(text_of<ValueError>([&] { nn::EncoderBlock({.d_model = 6, .nhead = 4}, g); }) ==
             "EncoderBlock: d_model = 6 is not a multiple of nhead = 4");
  BOOST_TEST(text_of<ValueError>([&] { nn::DecoderBlock({.d_model = 6, .nhead = 4}, g); }) ==
             "DecoderBlock: d_model = 6 is not a multiple of nhead = 4");
  BOOST_TEST(text_of<ValueError>([&] {
               nn::EncoderBlock({.d_model = 6, .nhead = 2, .dim_feedforward = 0}, g);
             }) == "EncoderBlock: dim_feedforward = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([&] { nn::Encoder({.num_layers = 0}, g); }) ==
             "Encoder: num_layers = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([&] { nn::Decoder({.num_layers = 0}, g); }) ==
             "Decoder: num_layers = 0 must be 1 or more");
  const nn::Transformer model(
      {.d_model = 8, .nhead = 2, .num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 12}, g);
  const auto src = zeros({2, 5, 8}), tgt = zeros({2, 4, 8});
  BOOST_TEST(
      text_of<ShapeError>([&] {
        model(src, tgt, {.src_key_keep = Mask{{true, true}}});
      }) ==
      "MultiHeadAttention: key_keep of shape (1, 2) does not fit keys of shape (2, 5, 8); it needs (2, 5)");
  BOOST_TEST(text_of<ShapeError>([&] {
               model(zeros({5, 8}), tgt);
             }) == "MultiHeadAttention: x needs 3 axes, not shape (5, 8)");
}

BOOST_AUTO_TEST_SUITE_END()
