// The GPTs that are measured, here and in PyTorch: those of configs.json.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <xtape/nn/gpt.hpp>

namespace bench {

struct GPTSetting {
  xtape::nn::GPTConfig model;
  xtape::index_t batch;
};

/// Read from configs.json.
const std::map<std::string, GPTSetting>& gpt_settings();

/// Their names, to choose from.
std::vector<std::string> gpt_names();

}  // namespace bench
