// The GPTs of configs.json.
#include "tests/benchmarks/configs.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

namespace bench {
namespace {

std::map<std::string, GPTSetting> read_settings() {
  std::ifstream file(XTAPE_BENCHMARKS "/configs.json");
  const auto json = nlohmann::json::parse(file);
  std::map<std::string, GPTSetting> settings;
  for (const auto& [name, x] : json.items()) {
    const xtape::nn::GPTConfig model = {.n_layer = x.at("n_layer"),
                                        .n_head = x.at("n_head"),
                                        .n_embd = x.at("n_embd"),
                                        .block_size = x.at("block_size"),
                                        .vocab_size = x.at("vocab_size")};
    settings[name] = {model, x.at("batch")};
  }
  return settings;
}

}  // namespace

const std::map<std::string, GPTSetting>& gpt_settings() {
  static const auto settings = read_settings();
  return settings;
}

std::vector<std::string> gpt_names() {
  std::vector<std::string> names;
  for (const auto& [name, setting] : gpt_settings()) names.push_back(name);
  return names;
}

}  // namespace bench
