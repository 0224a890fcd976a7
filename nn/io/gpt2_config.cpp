// Between GPTConfig and the config.json of a published GPT-2.
#include <xtape/nn/io/gpt2_config_impl.hpp>

#include <xtape/nn/io/json_impl.hpp>
#include <xtape/nn/io/malformed_impl.hpp>

#include <limits>

namespace xtape::nn {

namespace {

index_t size_in(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (value.is_null()) fail("{} is missing", key);
  if (!value.is_number_unsigned() || value < 1U || value > std::numeric_limits<std::int32_t>::max())
    fail("{} is {}, not a size", key, described(value));
  return value.get<index_t>();
}

/// A number from `low` to `high`, or the default where there is none.
double number_in(const Json& json, const char* key, double otherwise, double low, double high) {
  const Json& value = member(json, key);
  if (value.is_null()) return otherwise;
  if (!value.is_number() || value < low || value > high)
    fail("{} is {}, not a number from {} to {}", key, described(value), low, high);
  return value.get<double>();
}

/// Refuses a member that is there and has another value.
void only(const Json& json, const char* key, const Json& value) {
  const Json& given = member(json, key);
  if (!given.is_null() && given != value)
    fail("{} is {}; only {} is supported", key, described(given), described(value));
}

/// gelu_new and gelu_pytorch_tanh are two names of one function.
Activation activation_in(const Json& json) {
  const Json& name = member(json, "activation_function");
  if (name.is_null() || name == "gelu_new" || name == "gelu_pytorch_tanh") return Activation::gelu_tanh;
  if (name == "gelu") return Activation::gelu;
  if (name == "relu") return Activation::relu;
  fail("activation_function is {}, none of gelu_new, gelu_pytorch_tanh, gelu, relu", described(name));
}

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::gelu_tanh: return "gelu_new";
    case Activation::relu: return "relu";
    case Activation::gelu: break;
  }
  return "gelu";
}

double dropout_in(const Json& json) {
  const double dropout = number_in(json, "resid_pdrop", 0.1, 0, 1);
  for (const char* key : {"embd_pdrop", "attn_pdrop"})
    if (const double other = number_in(json, key, 0.1, 0, 1); other != dropout)
      fail("{} is {} and resid_pdrop {}; one dropout for all is supported", key, other, dropout);
  return dropout;
}

}  // namespace

GPTConfig parse_gpt2_config(std::string_view text) {
  const Json json = parse_json(text);
  if (!json.is_object()) fail("it is {}, not an object", described(json));
  only(json, "model_type", "gpt2");
  const GPTConfig config{.n_layer = size_in(json, "n_layer"),
                         .n_head = size_in(json, "n_head"),
                         .n_embd = size_in(json, "n_embd"),
                         .block_size = size_in(json, "n_positions"),
                         .vocab_size = size_in(json, "vocab_size"),
                         .dropout = dropout_in(json),
                         .activation = activation_in(json),
                         .layer_norm_eps = number_in(json, "layer_norm_epsilon", 1e-5, 0, 1)};
  if (config.n_embd % config.n_head != 0)
    fail("n_embd = {} is not a multiple of n_head = {}", config.n_embd, config.n_head);
  only(json, "n_inner", 4 * config.n_embd);
  only(json, "scale_attn_weights", true);
  only(json, "scale_attn_by_inverse_layer_idx", false);
  only(json, "add_cross_attention", false);
  only(json, "tie_word_embeddings", true);
  return config;
}

std::string print_gpt2_config(const GPTConfig& config) {
  constexpr index_t end_of_text = 50256;  // in GPT-2's own vocabulary
  const OrderedJson end = config.vocab_size > end_of_text ? OrderedJson(end_of_text) : nullptr;
  const OrderedJson json = {{"architectures", {"GPT2LMHeadModel"}},
                            {"model_type", "gpt2"},
                            {"n_layer", config.n_layer},
                            {"n_head", config.n_head},
                            {"n_embd", config.n_embd},
                            {"n_inner", nullptr},
                            {"n_positions", config.block_size},
                            {"vocab_size", config.vocab_size},
                            {"activation_function", name_of(config.activation)},
                            {"layer_norm_epsilon", config.layer_norm_eps},
                            {"resid_pdrop", config.dropout},
                            {"embd_pdrop", config.dropout},
                            {"attn_pdrop", config.dropout},
                            {"tie_word_embeddings", true},
                            {"bos_token_id", end},
                            {"eos_token_id", end}};
  return json.dump(2) + '\n';
}

}  // namespace xtape::nn
