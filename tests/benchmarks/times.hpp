// Times of something that was done several times.
#pragma once

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

namespace bench {

/// How many seconds f takes.
template <class F>
double seconds_of(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds, one entry a sample.
class Times {
 public:
  void add(double seconds) { all_.push_back(seconds); }
  std::size_t count() const { return all_.size(); }
  double least() const { return *std::min_element(all_.begin(), all_.end()); }
  /// The middle one; the mean of both where two are in the middle.
  double median() const {
    auto sorted = all_;
    std::sort(sorted.begin(), sorted.end());
    const auto n = sorted.size();
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
  double total() const { return std::accumulate(all_.begin(), all_.end(), 0.0); }

 private:
  std::vector<double> all_;
};

}  // namespace bench
