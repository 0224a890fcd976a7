// The progress line, the log lines and log.csv.
#include "progress.hpp"

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cinttypes>
#include <cstdio>

namespace {

constexpr auto refresh = std::chrono::milliseconds(100);

double seconds(std::chrono::steady_clock::duration d) { return std::chrono::duration<double>(d).count(); }

std::string minutes(double time) {
  const auto whole = static_cast<std::int64_t>(time + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// The rows of a log before a step.
std::vector<Evaluation> read_log(const std::string& csv, std::int64_t first) {
  std::vector<Evaluation> rows;
  std::ifstream in(csv);
  for (std::string line; std::getline(in, line);) {
    Evaluation e{};
    const int fields = std::sscanf(line.c_str(), "%" SCNd64 ",%lf,%lf,%lf,%lf", &e.step, &e.train_loss,
                                   &e.val_loss, &e.learning_rate, &e.tokens_per_second);
    if (fields == 5 && e.step < first) rows.push_back(e);
  }
  return rows;
}

}  // namespace

Progress::Progress(const std::string& csv, std::int64_t first, std::int64_t steps,
                   std::int64_t tokens_per_step)
    : before_(read_log(csv, first)),
      csv_(csv),
      first_(first),
      steps_(steps),
      tokens_per_step_(tokens_per_step),
      terminal_(isatty(STDOUT_FILENO) != 0) {
  csv_ << "step,train_loss,val_loss,learning_rate,tokens_per_second\n" << std::flush;
  if (!csv_) throw xtape::IoError(fmt::format("{}: it cannot be written", csv));
  for (const auto& e : before_) log(e);
}

void Progress::say(const std::string& line) {
  fmt::print("{}{}\n", terminal_ ? "\r\033[K" : "", line);
  std::fflush(stdout);
}

double Progress::tokens_per_second(std::int64_t step) const {
  return training_seconds_ > 0 ? static_cast<double>((step - first_) * tokens_per_step_) / training_seconds_
                               : 0;
}

void Progress::stepped(std::int64_t step, double loss) {
  const auto now = Clock::now();
  training_seconds_ += seconds(now - resumed_);
  resumed_ = now;
  loss_ = step == first_ + 1 ? loss : loss_ + 0.05 * (loss - loss_);  // smoothed: single batches are noisy
  if (!terminal_ || now - shown_ < refresh) return;
  shown_ = now;
  const double left =
      training_seconds_ / static_cast<double>(step - first_) * static_cast<double>(steps_ - step);
  fmt::print("\r\033[Kstep {}/{}  loss {:.3f}  val {:.3f}  {:.0f} tokens/s  {} left", step, steps_, loss_,
             val_loss_, tokens_per_second(step), minutes(left));
  std::fflush(stdout);
}

void Progress::evaluated(const Evaluation& e) {
  val_loss_ = e.val_loss;
  say(fmt::format("step {:5}  train loss {:.4f}  val loss {:.4f}  learning rate {:.2e}  {:.0f} tokens/s",
                  e.step, e.train_loss, e.val_loss, e.learning_rate, e.tokens_per_second));
  log(e);
  resumed_ = Clock::now();
}

void Progress::log(const Evaluation& e) {
  csv_ << fmt::format("{},{:.6f},{:.6f},{:.8g},{:.1f}\n", e.step, e.train_loss, e.val_loss, e.learning_rate,
                      e.tokens_per_second)
       << std::flush;
}
