// What goes wrong with modules, optimisers, text and files, and what is said then.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/nn/attention.hpp>
#include <xtape/nn/clip_grad.hpp>
#include <xtape/nn/dropout.hpp>
#include <xtape/nn/generation/generate.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/nn/io/safetensors.hpp>
#include <xtape/nn/layer_norm.hpp>
#include <xtape/nn/linear.hpp>
#include <xtape/nn/sgd.hpp>
#include <xtape/nn/text/char_tokenizer.hpp>
#include <xtape/nn/text/text.hpp>

#include "tests/support/misuse.hpp"

using namespace xtape;
using namespace xtape::nn;
using test::check_misuses;

namespace {

const GPTConfig tiny = {.n_layer = 1, .n_head = 2, .n_embd = 4, .block_size = 3, .vocab_size = 5};
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const Indices tokens = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

std::vector<Tensor> weights() { return {parameter<float>({2})}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(nn_misuse)

BOOST_AUTO_TEST_CASE(modules) {
  Generator g;
  const GPT gpt(tiny, g);
  check_misuses({
      {[&] { Linear(0, 3, g); }, "Linear: in_features = 0 must be 1 or more"},
      {[&] { Linear(3, -1, g); }, "Linear: out_features = -1 must be 1 or more"},
      {[&] {
         Linear(3, 4, g)(zeros({2, 2}));
       },
       "linear: x (2, 2) does not end with the 3 columns of weight (4, 3)"},
      {[&] { Embedding(0, 3, g); }, "Embedding: num_embeddings = 0 must be 1 or more"},
      {[&] { Embedding(3, 2, g)({3}); },
       "embedding: index 3 at position 0 is out of range; there are 3 to choose from, 0 to 2"},
      {[] { LayerNorm(0); }, "LayerNorm: features = 0 must be 1 or more"},
      {[] {
         LayerNorm(3)(zeros({2, 4}));
       },
       "layer_norm: weight of shape (3,) does not fit x of shape (2, 4); it needs (4,)"},
      {[] { Dropout(1.5); }, "Dropout: p = 1.5 is not a probability; it lies between 0 and 1"},
      {[&] { CausalSelfAttention({.n_embd = 5, .n_head = 2}, g); },
       "CausalSelfAttention: n_embd = 5 is not a multiple of n_head = 2"},
      {[&] { CausalSelfAttention({.n_embd = 4, .n_head = 0}, g); },
       "CausalSelfAttention: n_head = 0 must be 1 or more"},
      {[&] { MultiHeadAttention({.embed_dim = 6, .num_heads = 4}, g); },
       "MultiHeadAttention: embed_dim = 6 is not a multiple of num_heads = 4"},
      {[&] {
         MultiHeadAttention({.embed_dim = 6, .num_heads = 2}, g)(zeros({1, 2, 5}));
       },
       "linear: x (1, 2, 5) does not end with the 6 columns of weight (18, 6)"},
      {[&] {
         gpt(Indices{{0, 1, 2, 3}});
       },
       "GPT: idx (1, 4) has 4 positions, more than block_size = 3; crop it to the last 3"},
      {[&] {
         gpt(Indices{{0, 5}});
       },
       "embedding: index 5 at position 1 is out of range; there are 5 to choose from, 0 to 4, in "
       "transformer.wte"},
      {[&] {
         gpt(Indices{0, 1});
       },
       "GPT: idx needs 2 axes, not shape (2,)"},
      {[&] { GPT({.n_layer = 0}, g); }, "GPT: n_layer = 0 must be 1 or more"},
      {[&] { GPT({.n_layer = 1, .n_head = 3, .n_embd = 4, .vocab_size = 5}, g); },
       "GPT: n_embd = 4 is not a multiple of n_head = 3"},
  });
}

BOOST_AUTO_TEST_CASE(state_dicts) {
  Generator g;
  Linear linear(2, 3, g);
  const StateDict good = linear.state_dict();
  StateDict missing, unexpected = good, mis_shaped;
  missing.add("weight", good.get<Tensor>("weight"));
  unexpected.add("extra", zeros({1}));
  mis_shaped.add("weight", zeros({2, 3}));
  mis_shaped.add("bias", zeros({3}));
  check_misuses({
      {[&] { linear.load_state_dict(missing); },
       "load_state_dict: 1 name does not fit; nothing was loaded\n  name  module  given\n  bias  (3,)    "
       "-\n "},
      {[&] { linear.load_state_dict(unexpected); },
       "load_state_dict: 1 name does not fit; nothing was loaded\n  name   module  given\n  extra  -       "
       "(1,)\n "},
      {[&] { linear.load_state_dict(mis_shaped); },
       "load_state_dict: 1 name does not fit; nothing was loaded\n  name    module  given\n  weight  (3, 2)  "
       "(2, 3)\n "},
      {[&] { AdamW(weights()).load_state_dict(good); }, "state dict: there is no step among 2 names"},
      {[&] { unexpected.add("extra", zeros({1})); }, "state dict: extra is there already; names are unique"},
      {[&] { good.get<Tensor>("weights"); }, "state dict: there is no weights among 2 names"},
      {[&] { good.get<Mask>("weight"); }, "state dict: weight (3, 2) is of type float32, not bool"},
  });
}

BOOST_AUTO_TEST_CASE(training) {
  check_misuses({
      {[] { AdamW(weights(), {.lr = -1}).step(); }, "AdamW: lr = -1 must be 0 or more"},
      {[] {
         AdamW(weights(), {.betas = {0.9, 1}}).step();
       },
       "AdamW: betas[1] = 1 must be 0 or more and less than 1"},
      {[] { AdamW(weights(), {.eps = -1e-8}).step(); }, "AdamW: eps = -1e-08 must be 0 or more"},
      {[] { AdamW(std::vector<Tensor>{zeros({2})}); },
       "AdamW: the parameter (2,) was a constant; give leaves, on which requires_grad_() was called"},
      {[] { SGD(weights(), {.momentum = -0.5}).step(); },
       "SGD: momentum = -0.5 must be 0 or more and less than 1"},
      {[] { clip_grad_norm(weights(), -1); }, "clip_grad_norm: max_norm = -1 must be 0 or more"},
      {[] { clip_grad_norm(weights(), not_a_number); }, "clip_grad_norm: max_norm = nan must be 0 or more"},
      {[] { split_text(tokens, 1.5); },
       "split_text: train_fraction = 1.5 is not a probability; it lies between 0 and 1"},
      {[] { batch_at(tokens, {8}, 3); },
       "batch_at: index 8 at position 0 is out of range; there are 7 to choose from, 0 to 6"},
      {[] { batch_at(tokens, {-1}, 3); },
       "batch_at: index -1 at position 0 is out of range; there are 7 to choose from, 0 to 6"},
      {[] { random_batch(tokens, 2, 10); },
       "random_batch: 10 tokens are too few for a block of 10 and the token after it; use a longer text or a "
       "smaller block_size"},
      {[] { random_batch(tokens, 0, 2); }, "random_batch: batch_size 0 and block_size 2 must be 1 or more"},
  });
}

BOOST_AUTO_TEST_CASE(generation) {
  Generator g;
  const GPT gpt(tiny, g);
  check_misuses({
      {[&] { generate(gpt, Indices{}); }, "generate: the prompt needs at least one token"},
      {[&] { generate(gpt, {5}); },
       "GPTDecoder: index 5 at position 0 is out of range; there are 5 to choose from, 0 to 4"},
      {[&] { generate(gpt, {0}, {.temperature = -1}); }, "generate: temperature = -1 must be 0 or more"},
      {[&] { generate(gpt, {0}, {.temperature = not_a_number}); },
       "generate: temperature = nan must be 0 or more"},
      {[&] { generate(gpt, {0}, {.top_k = 0}); }, "generate: top_k = 0 must be 1 or more"},
      {[&] { generate(gpt, {0}, {.max_new_tokens = -1}); },
       "generate: max_new_tokens = -1 must be 0 or more"},
  });
}

BOOST_AUTO_TEST_CASE(text_and_files) {
  const CharTokenizer tokenizer("abc");
  check_misuses({
      {[] { CharTokenizer("a\xff"); },
       "CharTokenizer: the text is not UTF-8 at byte 1, 0xff; convert it first"},
      {[&] { tokenizer.encode("abd"); },
       "CharTokenizer: the character 'd' (U+0064) at position 2 is not among the 3 of the vocabulary"},
      {[&] { tokenizer.decode(Indices{3}); },
       "CharTokenizer: index 3 at position 0 is out of range; there are 3 to choose from, 0 to 2"},
      {[&] { tokenizer.decode(Indices{-1}); },
       "CharTokenizer: index -1 at position 0 is out of range; there are 3 to choose from, 0 to 2"},
      {[] { read_text("no such file"); }, "read_text: no such file: No such file or directory"},
      {[] { load_safetensors("no such file"); }, "load_safetensors: no such file: No such file or directory"},
      {[] { load_safetensors("/"); }, "load_safetensors: /: is a folder"},
      {[] { save_safetensors("no such folder/x.safetensors", {}); },
       "save_safetensors: no such folder/x.safetensors cannot be made: No such file or directory"},
  });
}

BOOST_AUTO_TEST_SUITE_END()
