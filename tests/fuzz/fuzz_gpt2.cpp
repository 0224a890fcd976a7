// Any bytes as the config.json of a published GPT-2, or as the index of its files where they speak of
// weight_map: an IoError, or a model that is the same once it was saved and loaded.
#include <filesystem>
#include <optional>

#include <xtape/nn/io/gpt2.hpp>

#include "tests/fuzz/state_dicts.hpp"

using namespace xtape;

namespace {

constexpr nn::GPTConfig tiny = {.n_layer = 1, .n_head = 2, .n_embd = 4, .block_size = 3, .vocab_size = 5};

std::optional<nn::GPT> load(const std::string& folder) {
  try {
    return nn::load_gpt2(folder);
  } catch (const IoError&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TemporaryFolder folder;
  static const std::string whole = folder / "whole", parts = folder / "parts", saved = folder / "saved";
  static const bool once = [] {
    nn::save_gpt2(whole, nn::GPT(tiny));
    nn::save_gpt2(parts, nn::GPT(tiny));
    std::filesystem::rename(parts + "/model.safetensors", parts + "/model-1.safetensors");
    return true;
  }();
  fuzz::check(once);
  const auto bytes = fuzz::bytes(data, size);
  const bool is_index = bytes.find("weight_map") != std::string::npos;
  test::write_file(is_index ? parts + "/model.safetensors.index.json" : whole + "/config.json", bytes);
  const auto model = load(is_index ? parts : whole);
  if (!model) return 0;
  nn::save_gpt2(saved, *model);
  fuzz::check(fuzz::equal(nn::load_gpt2(saved).state_dict(), model->state_dict()));
  return 0;
}
