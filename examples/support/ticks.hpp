// Scales: where a value lies on an axis, and the round numbers that are written beside it.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace plot {

/// The least and the greatest of what an axis can show; lo > hi where there was nothing yet.
struct Range {
  double lo = std::numeric_limits<double>::infinity(), hi = -std::numeric_limits<double>::infinity();

  bool empty() const { return lo > hi; }
  void include(double value);
};

struct Tick {
  double value;
  std::string label;
};

/// A linear or logarithmic axis over a range; one without extent is widened.
class Scale {
 public:
  Scale(Range range, bool logarithmic = false);

  /// Finite, and positive where the axis is logarithmic.
  static bool shows(double value, bool logarithmic);
  bool shows(double value) const { return shows(value, logarithmic_); }
  /// 0 at the lower end, 1 at the upper.
  double at(double value) const;
  /// About so many round values; whole ones only on request.
  std::vector<Tick> ticks(int wanted, bool whole = false) const;

 private:
  std::vector<Tick> linear_ticks(int wanted, bool whole) const;
  std::vector<Tick> logarithmic_ticks(int wanted) const;

  double lo_, hi_;
  bool logarithmic_;
};

}  // namespace plot
