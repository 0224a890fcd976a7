// A model and its tokenizer in one folder: config.json, model.safetensors and tokenizer.json, as GPT-2 is
// published.
#pragma once

#include <string>

#include <xtape/xtape.hpp>

struct TrainedModel {
  xtape::nn::GPT model;
  xtape::nn::Tokenizer tokenizer;
};

/// Writes the three files, each complete or not at all.
void save_model(const std::string& folder, const xtape::nn::GPT& model,
                const xtape::nn::Tokenizer& tokenizer);

/// Reads them back. Throws IoError where they are missing, damaged, or do not fit each other.
TrainedModel load_model(const std::string& folder);

/// Removes what writes that were killed have left.
void remove_unfinished(const std::string& folder);
