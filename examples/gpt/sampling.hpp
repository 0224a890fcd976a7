// How gpt sample and gpt chat write.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

#include "model_file.hpp"

/// What the command line says about it.
struct Sampling {
  std::string out = "out";
  xtape::nn::GenerateOptions options = {};
  std::uint64_t seed = 1337;
  bool int8 = false;
};

/// Adds the options of both commands.
void add_sampling(CLI::App& command, Sampling& sampling);

/// A model that writes, with its tokenizer.
class TextWriter {
 public:
  explicit TextWriter(const Sampling& sampling);

  const xtape::nn::Tokenizer& tokenizer() const { return model_.tokenizer; }
  xtape::index_t block_size() const { return model_.model.config().block_size; }
  /// Continues the prompts; on_text sees the texts as they come.
  std::vector<xtape::nn::Generated> write(
      const std::vector<std::string>& prompts,
      std::function<void(xtape::index_t row, std::string_view text)> on_text = {});

 private:
  TrainedModel model_;
  xtape::nn::GPTDecoder decoder_;
  xtape::Generator generator_;
  xtape::nn::GenerateOptions options_;
};

/// Prints text at once.
void show(std::string_view text);
