// What against_transformers compares: gpt2_round_trip IN OUT loads IN, computes the logits of
// IN/idx.safetensors, and saves both to OUT; gpt2_round_trip OUT n_layer n_head n_embd n_positions vocab_size
// saves a new model.
#include <cstdio>
#include <string>

#include <xtape/nn/io/gpt2.hpp>
#include <xtape/nn/io/safetensors.hpp>

using namespace xtape;

namespace {

void pass_on(const std::string& in, const std::string& out) {
  const NoGrad evaluating;
  const auto model = nn::load_gpt2(in);
  const auto idx = nn::load_safetensors(in + "/idx.safetensors").tensors.get<Indices>("idx");
  nn::save_gpt2(out, model);
  nn::StateDict results;
  results.add("logits", model(idx));
  nn::save_safetensors(out + "/logits.safetensors", results);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3) {
      pass_on(argv[1], argv[2]);
      return 0;
    }
    if (argc != 7) return 2;
    const auto size = [&](int i) { return std::stoll(argv[i]); };
    nn::save_gpt2(argv[1], nn::GPT({.n_layer = size(2),
                                    .n_head = size(3),
                                    .n_embd = size(4),
                                    .block_size = size(5),
                                    .vocab_size = size(6),
                                    .activation = nn::Activation::gelu_tanh}));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
