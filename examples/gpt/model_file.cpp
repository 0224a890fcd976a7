// Models in folders.
#include "model_file.hpp"

#include <fmt/format.h>

#include <filesystem>

using namespace xtape;

void save_model(const std::string& folder, const nn::GPT& model, const nn::Tokenizer& tokenizer) {
  nn::save_tokenizer(tokenizer, folder + "/tokenizer.json");
  nn::save_gpt2(folder, model);
}

TrainedModel load_model(const std::string& folder) {
  TrainedModel loaded{nn::load_gpt2(folder), nn::load_tokenizer(folder)};
  const index_t here = loaded.tokenizer.vocab_size(), there = loaded.model.config().vocab_size;
  if (here > there)  // a model may have more, to be of a round size
    throw IoError(fmt::format("{}: the tokenizer has {} tokens, but the model {}", folder, here, there));
  return loaded;
}

void remove_unfinished(const std::string& folder) {
  std::error_code ignored;  // what cannot be removed takes space, and harms nobody
  for (const auto& file : std::filesystem::directory_iterator(folder, ignored)) {
    const auto name = file.path().filename().string();
    for (const char* own : {"model.safetensors.", "config.json.", "tokenizer.json."})
      if (name.starts_with(own) && name.ends_with(".tmp")) std::filesystem::remove(file.path(), ignored);
  }
}
