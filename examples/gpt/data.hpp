// What a model is trained on and validated with.
#pragma once

#include <optional>
#include <string>

#include <xtape/xtape.hpp>

#include "options.hpp"

struct Data {
  xtape::nn::Tokenizer tokenizer;
  xtape::nn::Tokens train, val;
};

/// Reads the texts or token files that the options name, and makes or loads the tokenizer; `resumed` is that
/// of a run that goes on.
Data load_data(const TrainOptions& options, const std::optional<xtape::nn::Tokenizer>& resumed);

/// The tokens of one file: NAME.bin holds tokens, any other a text.
xtape::nn::Tokens load_file(const std::string& path, const xtape::nn::Tokenizer& tokenizer);
