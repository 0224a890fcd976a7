// Linear, LayerNorm, Embedding, Dropout, FeedForward.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/core/creation.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/embedding.hpp>
#include <xtape/nn/feed_forward.hpp>
#include <xtape/nn/layer_norm.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/ops/activation.hpp>

#include "tests/nn/module_goldens.hpp"
#include "tests/support/errors.hpp"

using namespace xtape;
using test::difference;
using test::golden;
using test::leaf_from;
using test::text_of;

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(linear_as_in_pytorch) {
  const auto state = golden("nn/linear");
  nn::BasicLinear<double> linear(3, 4);
  test::load_from(linear, state);
  const auto x = leaf_from(state, "x");
  test::check_result(linear, state, linear(x));
  test::check_grad(state, "x", x);
}

BOOST_AUTO_TEST_CASE(linear_starts_uniform_and_reproducible) {
  Generator a(3), b(3);
  const nn::Linear first({.in_features = 25, .out_features = 40}, a), second(25, 40, b);
  BOOST_TEST((first.weight.shape() == Shape{40, 25}));
  BOOST_TEST((first.bias->shape() == Shape{40}));
  const auto [smallest, largest] = std::minmax_element(first.weight.data(), first.weight.data() + 1000);
  BOOST_TEST(*smallest >= -0.2F);
  BOOST_TEST(*smallest < -0.19F);
  BOOST_TEST(*largest < 0.2F);
  BOOST_TEST(*largest > 0.19F);
  BOOST_TEST(difference(first.weight, second.weight) == 0);
  BOOST_TEST(difference(*first.bias, *second.bias) == 0);
  BOOST_TEST(first.weight.requires_grad());
}

BOOST_AUTO_TEST_CASE(linear_without_bias) {
  const nn::Linear linear({.in_features = 2, .out_features = 3, .bias = false});
  BOOST_TEST(!linear.bias.has_value());
  BOOST_TEST(linear.parameter_count() == 6);
  BOOST_TEST((linear(zeros({5, 2})).shape() == Shape{5, 3}));
}

BOOST_AUTO_TEST_CASE(sizes_below_one_are_refused) {
  BOOST_TEST(text_of<ValueError>([] { nn::Linear linear(0, 3); }) ==
             "Linear: in_features = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] { nn::Linear linear({.in_features = 3}); }) ==
             "Linear: out_features = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] { nn::Embedding table(-1, 3); }) ==
             "Embedding: num_embeddings = -1 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] { nn::LayerNorm norm(0); }) ==
             "LayerNorm: features = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] { nn::FeedForward mlp({}); }) ==
             "FeedForward: n_embd = 0 must be 1 or more");
}

BOOST_AUTO_TEST_CASE(layer_norm_as_in_pytorch) {
  const auto state = golden("nn/layer_norm");
  nn::BasicLayerNorm<double> norm(6);
  test::load_from(norm, state);
  const auto x = leaf_from(state, "x");
  test::check_result(norm, state, norm(x));
  test::check_grad(state, "x", x);
}

BOOST_AUTO_TEST_CASE(layer_norm_starts_as_the_identity_of_normalised_rows) {
  const nn::LayerNorm norm({.features = 4, .bias = false});
  BOOST_TEST(!norm.bias.has_value());
  BOOST_TEST(norm.weight.at({3}) == 1);
  const auto y = norm(Tensor{{1, 1, 3, 3}});
  BOOST_TEST(y.at({0, 0}) == -1, boost::test_tools::tolerance(1e-5F));
  const nn::LayerNorm wide({.features = 4, .eps = 3});
  BOOST_TEST(wide(Tensor{{1, 1, 3, 3}}).at({0, 3}) == 0.5, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(embedding_as_in_pytorch) {
  const auto state = golden("nn/embedding");
  nn::BasicEmbedding<double> table(7, 3);
  test::load_from(table, state);
  test::check_result(table, state, table(state.get<Indices>("idx")));
}

BOOST_AUTO_TEST_CASE(embedding_starts_normal) {
  Generator generator(1);
  const nn::Embedding table({.num_embeddings = 100, .embedding_dim = 50}, generator);
  double sum = 0, squares = 0;
  for (index_t i = 0; i < 5000; ++i) {
    const double x = table.weight.data()[i];
    sum += x;
    squares += x * x;
  }
  BOOST_TEST(std::abs(sum / 5000) < 0.06);
  BOOST_TEST(std::abs(squares / 5000 - 1) < 0.08);
}

BOOST_AUTO_TEST_CASE(dropout_drops_only_while_training) {
  Generator generator(7);
  nn::Dropout dropout({.p = 0.25, .generator = &generator});
  const auto x = ones({1000});
  const auto y = dropout(x), z = dropout(x);
  const auto zeros = std::count(y.data(), y.data() + 1000, 0.0F);
  BOOST_TEST(zeros > 200);
  BOOST_TEST(zeros < 300);
  BOOST_TEST(std::count(y.data(), y.data() + 1000, 1 / 0.75F) == 1000 - zeros);
  BOOST_TEST(difference(y, z) > 0);
  dropout.eval();
  BOOST_TEST(dropout(x).data() == x.data());
  BOOST_TEST(text_of<ValueError>([] { nn::Dropout wrong(1.5); }) ==
             "Dropout: p = 1.5 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_CASE(feed_forward_is_two_maps_around_an_activation) {
  nn::FeedForward mlp({.n_embd = 3, .activation = nn::Activation::relu});
  BOOST_TEST((mlp.c_fc.weight.shape() == Shape{12, 3}));
  BOOST_TEST((mlp.c_proj.weight.shape() == Shape{3, 12}));
  const Tensor x = {{1, -2, 3}};
  BOOST_TEST(difference(mlp(x), mlp.c_proj(relu(mlp.c_fc(x)))) == 0);
  const nn::FeedForward narrow({.n_embd = 3, .hidden = 5, .bias = false});
  BOOST_TEST(narrow.parameter_count() == 30);
  BOOST_TEST(difference(narrow(x), narrow.c_proj(gelu(narrow.c_fc(x)))) == 0);
}

BOOST_AUTO_TEST_CASE(activations_by_name) {
  const Tensor x = {-1, 0.5};
  BOOST_TEST(difference(nn::activate(x, nn::Activation::relu), Tensor{0, 0.5}) == 0);
  BOOST_TEST(difference(nn::activate(x, nn::Activation::gelu), Tensor{-0.158655254, 0.345731231}) < 1e-7);
  BOOST_TEST(difference(nn::activate(x, nn::Activation::gelu_tanh), Tensor{-0.158808009, 0.345714}) < 1e-7);
}

BOOST_AUTO_TEST_CASE(layers_clone_without_drawing) {
  const auto before = default_generator().position();
  const nn::Dropout dropout(0.25);
  const auto copy = nn::clone(dropout);
  BOOST_TEST(copy.config().p == 0.25);
  Generator generator(1);
  const nn::FeedForward mlp({.n_embd = 3, .bias = false}, generator);
  BOOST_TEST(difference(nn::clone(mlp).c_fc.weight, mlp.c_fc.weight) == 0);
  const nn::BasicLayerNorm<double> norm = nn::cast<double>(nn::LayerNorm({.features = 2, .eps = 0.5}));
  BOOST_TEST(norm.config().eps == 0.5);
  BOOST_TEST(default_generator().position() == before);
}

BOOST_AUTO_TEST_CASE(errors_name_the_layer_and_the_users_line) {
  const nn::FeedForward mlp({.n_embd = 3});
  const int line = __LINE__ + 1;
  const auto message = test::message_of<ShapeError>([&] { mlp(zeros({2, 4})); });
  BOOST_TEST(message.starts_with("linear: "));
  BOOST_TEST(message.ends_with(test::place(__FILE__, line) + ", in c_fc"));
}

BOOST_AUTO_TEST_SUITE_END()
