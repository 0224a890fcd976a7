// Checkpoints: weights as tensors, configuration and vocabulary as metadata.
#include "checkpoint.hpp"

#include <fmt/format.h>

#include <charconv>

using namespace xtape;

namespace {

std::int64_t number(const nn::SafeTensors& file, const std::string& name) {
  const auto found = file.metadata.find(name);
  const std::string text = found == file.metadata.end() ? "" : found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    throw IoError(fmt::format("its {} is '{}', not a number", name, text));
  return value;
}

/// The configuration that the file claims, checked against the arrays it holds before a model of that size is
/// made.
nn::GPTConfig config_of(const nn::SafeTensors& file, index_t vocab_size) {
  const nn::GPTConfig config{.n_layer = number(file, "n_layer"),
                             .n_head = number(file, "n_head"),
                             .n_embd = number(file, "n_embd"),
                             .block_size = number(file, "block_size"),
                             .vocab_size = vocab_size,
                             .bias = number(file, "bias") != 0};
  const auto& wte = file.tensors.get<Tensor>("transformer.wte.weight");
  const auto& wpe = file.tensors.get<Tensor>("transformer.wpe.weight");
  if (wte.shape() != Shape{vocab_size, config.n_embd} ||
      wpe.shape() != Shape{config.block_size, config.n_embd} ||
      config.n_layer > static_cast<index_t>(file.tensors.size()))
    throw IoError("its arrays are not those of the model that it describes");
  return config;
}

}  // namespace

void save_checkpoint(const std::string& folder, const nn::GPT& model, const nn::CharTokenizer& tokenizer) {
  const auto& c = model.config();
  nn::save_safetensors(folder + "/" + checkpoint_name, model.state_dict(),
                       {{"n_layer", fmt::to_string(c.n_layer)},
                        {"n_head", fmt::to_string(c.n_head)},
                        {"n_embd", fmt::to_string(c.n_embd)},
                        {"block_size", fmt::to_string(c.block_size)},
                        {"bias", c.bias ? "1" : "0"},
                        {"vocabulary", tokenizer.vocabulary()}});
}

Checkpoint load_checkpoint(const std::string& folder) {
  const std::string path = folder + "/" + checkpoint_name;
  const auto file = nn::load_safetensors(path);
  try {
    const auto vocabulary = file.metadata.find("vocabulary");
    if (vocabulary == file.metadata.end()) throw IoError("it holds no vocabulary");
    nn::CharTokenizer tokenizer(vocabulary->second);
    nn::GPT model(config_of(file, tokenizer.vocab_size()));
    model.load_state_dict(file.tensors);
    return {std::move(model), std::move(tokenizer)};
  } catch (const Error& error) {
    throw IoError(fmt::format("{} is not a checkpoint of gpt train: {}", path, error.what()));
  }
}
