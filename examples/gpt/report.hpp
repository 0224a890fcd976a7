// report.html: what a training run was given, how it went, what it wrote and where its heads look, on one
// page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <xtape/xtape.hpp>

#include "options.hpp"
#include "progress.hpp"

/// Collects while a run goes, and writes the page anew at each evaluation: a run that is cut off leaves one,
/// too.
class Report {
 public:
  /// `before`: the evaluations of a run that goes on.
  Report(std::string path, const TrainOptions& options, const xtape::nn::Tokenizer& tokenizer,
         std::vector<Evaluation> before);

  /// After each step.
  void stepped(std::int64_t step, double loss, double learning_rate);
  /// Keeps where each head looks on the first tokens: of the best model so far.
  void best(std::int64_t step, xtape::nn::GPT& model, const xtape::nn::Tokens& tokens);
  /// Lets the model write, and writes the page. Throws IoError where it cannot be written.
  void evaluated(const Evaluation& evaluation, xtape::nn::GPT& model);

 private:
  std::string page() const;
  std::string curves() const;
  std::string samples() const;
  std::string attention() const;

  std::string path_;
  TrainOptions options_;
  const xtape::nn::Tokenizer& tokenizer_;
  std::int64_t parameters_ = 0;
  std::vector<double> steps_, losses_, learning_rates_;
  std::vector<Evaluation> evaluations_;
  struct Sample {
    std::int64_t step;
    std::string text;
  };
  std::vector<Sample> samples_;  // one for each evaluation

  std::int64_t best_step_ = 0;
  std::vector<std::string> looking_;    // the tokens that the heads look from and at
  std::vector<xtape::Tensor> weights_;  // of each block, (1, H, T, T)
};
