// A training run: all of it that changes from step to step.
#pragma once

#include <limits>
#include <optional>

#include "data.hpp"
#include "options.hpp"

struct Run {
  Run(const TrainOptions& options, const Data& data);

  /// What goes into a checkpoint, and comes back from it.
  xtape::nn::Checkpoint checkpoint() const;
  void restore(const xtape::nn::Checkpoint& last);

  /// One update of the weights; returns the loss.
  double train();

  xtape::nn::GPT model;
  xtape::nn::AdamW optimizer;
  xtape::nn::WarmupCosine schedule;
  xtape::nn::DataLoader loader;
  xtape::index_t step = 0;
  double best_loss = std::numeric_limits<double>::infinity();

 private:
  Run(const TrainOptions& options, const Data& data, const std::optional<xtape::nn::GPT>& initial);

  TrainOptions options_;
  std::string tokenizer_;  // as JSON
};
