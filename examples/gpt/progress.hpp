// What the user sees of a training run: one line that moves on a terminal, plain lines elsewhere, and
// log.csv.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

/// One evaluation of a run.
struct Evaluation {
  std::int64_t step;
  double train_loss, val_loss, learning_rate, tokens_per_second;
};

class Progress {
 public:
  /// Starts log.csv anew with what it says of the steps before `first`. Throws IoError where it cannot be
  /// written.
  Progress(const std::string& csv, std::int64_t first, std::int64_t steps, std::int64_t tokens_per_step);

  /// The evaluations before the first step.
  const std::vector<Evaluation>& before() const { return before_; }

  /// Prints a line of its own.
  void say(const std::string& line);
  /// After each step: moves the line on.
  void stepped(std::int64_t step, double loss);
  /// After each evaluation: a line to keep, here and in the log.
  void evaluated(const Evaluation& evaluation);
  /// So far, without evaluations.
  double tokens_per_second(std::int64_t step) const;

 private:
  using Clock = std::chrono::steady_clock;

  void log(const Evaluation& evaluation);

  std::vector<Evaluation> before_;
  std::ofstream csv_;
  std::int64_t first_, steps_, tokens_per_step_;
  bool terminal_;
  double training_seconds_ = 0;  // without evaluations
  Clock::time_point resumed_ = Clock::now(), shown_{};
  double loss_ = 0, val_loss_ = 0;
};
