// The time that a step's products take alone, by each engine.
#pragma once

#include <string>

#include "tests/benchmarks/products.hpp"
#include "tests/benchmarks/times.hpp"

namespace bench {

/// Runs the same products, by one engine after the other, each once unmeasured; the fastest engine counts.
class Floor {
 public:
  explicit Floor(std::vector<LoggedProduct> log) : products_(std::move(log)) {
    for (const Engine engine : engines()) {
      products_.run(engine);
      runs_.push_back({engine, {}});
    }
  }

  /// By the engine whose turn it is.
  void run() {
    auto& [engine, times] = runs_[next_];
    times.add(seconds_of([&] { products_.run(engine); }));
    next_ = (next_ + 1) % runs_.size();
  }

  /// Of each engine.
  std::size_t samples() const { return runs_.back().times.count(); }

  const Times& times() const { return fastest().times; }
  std::string engine() const { return name_of(fastest().engine); }
  double gigaflops() const { return products_.multiplications() * 2e-9 / times().median(); }
  double total() const {
    double sum = 0;
    for (const auto& [engine, times] : runs_) sum += times.total();
    return sum;
  }

 private:
  struct Run {
    Engine engine;
    Times times;
  };

  const Run& fastest() const {
    return *std::min_element(runs_.begin(), runs_.end(),
                             [](const Run& a, const Run& b) { return a.times.median() < b.times.median(); });
  }

  Replay products_;
  std::vector<Run> runs_;
  std::size_t next_ = 0;
};

}  // namespace bench
