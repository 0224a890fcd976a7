// GPT with checkpointed blocks: the same bits, in less memory.
#include <boost/test/unit_test.hpp>

#include <cstring>

#include <xtape/core/backward.hpp>
#include <xtape/core/checkpoint.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/ops/cross_entropy.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::message_of;
using test::place;

namespace {

struct Step {
  float loss;
  std::vector<Tensor> gradients;
  std::size_t peak;  // bytes above what was live before the step
};

Step step(bool checkpoint) {
  Generator generator(1);
  const nn::GPT model({.n_layer = 12,
                       .n_head = 2,
                       .n_embd = 16,
                       .block_size = 64,
                       .vocab_size = 32,
                       .dropout = 0.1,
                       .checkpoint = checkpoint},
                      generator);
  const Indices idx = randint(0, 32, {8, 64}, generator), targets = randint(0, 32, {8, 64}, generator);
  manual_seed(2);
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  const Tensor loss = cross_entropy(model(idx), targets);
  loss.backward();
  Step result{loss.item(), {}, memory_stats().peak - before};
  for (const auto& x : model.parameters()) result.gradients.push_back(x.grad());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpointed_gpt)

BOOST_AUTO_TEST_CASE(has_the_same_gradients_and_a_lower_peak) {
  const Step plain = step(false), checkpointed = step(true);
  BOOST_TEST(checkpointed.loss == plain.loss);
  BOOST_REQUIRE(checkpointed.gradients.size() == plain.gradients.size());
  for (std::size_t i = 0; i < plain.gradients.size(); ++i) {
    const Tensor &a = plain.gradients[i], &b = checkpointed.gradients[i];
    BOOST_TEST(std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0);
  }
  BOOST_TEST(static_cast<double>(checkpointed.peak) <= 0.4 * static_cast<double>(plain.peak));
}

BOOST_AUTO_TEST_CASE(a_module_is_called_as_it_is) {
  const nn::Block block({.n_embd = 4, .n_head = 2});
  const Tensor x = ones({1, 2, 4});
  const Tensor y = checkpoint(block, x);
  const int line = __LINE__ - 1;
  BOOST_TEST(y.op_name() == "checkpoint");
  BOOST_TEST(y.node()->at.line == line);
  const auto bias = *block.mlp.c_proj.bias;
  BOOST_TEST(grad(y, bias, {.grad_outputs = {ones_like(y)}}).at({0}) == 2);
  const auto wrong = [&] { checkpoint(block, ones({1, 2, 3})); };
  const int wrong_line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(wrong).find(place(__FILE__, wrong_line)) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
