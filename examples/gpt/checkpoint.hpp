// A model, its configuration and its vocabulary in one file.
#pragma once

#include <string>

#include <xtape/xtape.hpp>

inline constexpr const char* checkpoint_name = "model.safetensors";

struct Checkpoint {
  xtape::nn::GPT model;
  xtape::nn::CharTokenizer tokenizer;
};

/// Writes folder/model.safetensors; an older one is replaced when the new one is complete.
void save_checkpoint(const std::string& folder, const xtape::nn::GPT& model,
                     const xtape::nn::CharTokenizer& tokenizer);

/// Reads it back. Throws IoError where the file is missing or not such a checkpoint.
Checkpoint load_checkpoint(const std::string& folder);
