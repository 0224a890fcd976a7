// Times of something that was done several times.
#pragma once

#include <algorithm>
#include <chrono>
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
  double median() const {
    auto sorted = all_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
  double total() const {
    double sum = 0;
    for (const double t : all_) sum += t;
    return sum;
  }

 private:
  std::vector<double> all_;
};

}  // namespace bench
