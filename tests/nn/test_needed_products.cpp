// A gradient costs the products that lead to it, and no others.
#include <boost/test/unit_test.hpp>

#include <string_view>

#include <xtape/core/backward.hpp>
#include <xtape/core/observer.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/ops/cross_entropy.hpp>

using namespace xtape;

namespace {

// Counts the products of linear layers: those of the forward pass, then those in gradient functions.
class Products final : public Observer {
 public:
  int take() { return std::exchange(count_, 0); }

 private:
  void recorded(const OpName& op, const AnyTensor&) override {
    count_ += op.text == std::string_view("linear");
  }
  int count_ = 0;
};

struct Step {
  nn::GPT model{{.n_layer = 6, .n_head = 2, .n_embd = 8, .block_size = 4, .vocab_size = 11}};
  Tensor loss = cross_entropy(model(Indices{{1, 2, 3, 4}}), Indices{{2, 3, 4, 5}});
};

}  // namespace

BOOST_AUTO_TEST_SUITE(needed_products)

// A layer has four products forward, and four for its input and four for its weights backward; the head one
// of each.
BOOST_AUTO_TEST_CASE(backward_needs_all) {
  Products products;
  const Step step;
  BOOST_TEST(products.take() == 6 * 4 + 1);
  step.loss.backward();
  BOOST_TEST(products.take() == 2 * (6 * 4 + 1));
}

BOOST_AUTO_TEST_CASE(the_gradient_for_one_weight_needs_the_layers_above) {
  Products products;
  const Step step;
  products.take();
  grad(step.loss, step.model.lm_head.weight, {.retain_graph = true});
  // tied to the embedding at the bottom: every input, and one weight
  BOOST_TEST(products.take() == 6 * 4 + 1 + 1);
  grad(step.loss, step.model.h[3].attn.c_attn.weight, {.retain_graph = true});
  // the inputs of the head and of two layers; of mlp.c_proj, mlp.c_fc and attn.c_proj; and one weight
  BOOST_TEST(products.take() == 1 + 2 * 4 + 3 + 1);
  grad(step.loss, step.model.ln_f.weight);
  BOOST_TEST(products.take() == 1);
}

BOOST_AUTO_TEST_CASE(frozen_parameters_cost_nothing) {
  Step step;
  step.model.requires_grad_(false);
  step.model.h[5].mlp.c_proj.weight.requires_grad_();
  Products products;
  cross_entropy(step.model(Indices{{1, 2, 3, 4}}), Indices{{2, 3, 4, 5}}).backward();
  BOOST_TEST(products.take() == 6 * 4 + 1 + 2);  // forward; the input of the head, the weight
}

BOOST_AUTO_TEST_SUITE_END()
