// Round numbers on an axis, and how they are written.
#include "support/ticks.hpp"

#include "support/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace plot {
namespace {

constexpr double largest = 1e200;  // differences and squares of what is shown stay finite

/// 1, 2 or 5 times a power of ten, whichever is nearest.
double round_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough))), digit = rough / power;
  return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

std::string fixed(double value, int decimals) {
  return (value < 0 ? "−" : "") + fmt::format("{:.{}f}", std::abs(value), decimals);
}

int decimals_of(double step) { return std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9))); }

/// What large and small numbers are counted in.
struct Unit {
  double size;
  std::string sign;
};

Unit unit_for(double magnitude) {
  if (magnitude >= 1e-3 && magnitude < 1e5) return {1, ""};
  if (magnitude >= 1e5 && magnitude < 1e6) return {1e3, "k"};
  if (magnitude >= 1e6 && magnitude < 1e9) return {1e6, "M"};
  const int exponent = static_cast<int>(std::floor(std::log10(magnitude)));
  return {std::pow(10, exponent), "·10" + superscript(exponent)};
}

std::string logarithmic_label(double value) {
  if (value >= 0.9e-3 && value < 0.9e5) return fmt::format("{:g}", value);
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double digit = std::round(value / std::pow(10, exponent));
  return (digit == 1 ? "" : fmt::format("{:g}·", digit)) + "10" + superscript(exponent);
}

}  // namespace

void Range::include(double value) {
  lo = std::min(lo, value);
  hi = std::max(hi, value);
}

Scale::Scale(Range range, bool logarithmic) : lo_(range.lo), hi_(range.hi), logarithmic_(logarithmic) {
  const double magnitude = std::max(std::abs(lo_), std::abs(hi_));
  if (range.empty()) {
    lo_ = logarithmic ? 1 : 0;
    hi_ = logarithmic ? 10 : 1;
  } else if (hi_ - lo_ <= 1e-9 * magnitude || magnitude <= 1 / largest) {
    const double extent = magnitude <= 1 / largest ? 1 : 0.5 * magnitude;
    lo_ = logarithmic ? lo_ / 2 : lo_ - extent;
    hi_ = logarithmic ? hi_ * 2 : hi_ + extent;
  }
}

bool Scale::shows(double value, bool logarithmic) {
  return std::abs(value) <= largest && (!logarithmic || value >= 1 / largest);
}

double Scale::at(double value) const {
  return logarithmic_ ? std::log(value / lo_) / std::log(hi_ / lo_) : (value - lo_) / (hi_ - lo_);
}

std::vector<Tick> Scale::ticks(int wanted, bool whole) const {
  return logarithmic_ ? logarithmic_ticks(wanted) : linear_ticks(wanted, whole);
}

std::vector<Tick> Scale::linear_ticks(int wanted, bool whole) const {
  const double step = std::max(round_step((hi_ - lo_) / wanted), whole ? 1.0 : 0.0);
  const Unit unit = unit_for(std::max(std::abs(lo_), std::abs(hi_)));
  const int decimals = decimals_of(step / unit.size);
  std::vector<Tick> ticks;
  for (double i = std::ceil(lo_ / step - 1e-6); i * step <= hi_ + 1e-6 * step; ++i)
    ticks.push_back({i * step, i == 0 ? "0" : fixed(i * step / unit.size, decimals) + unit.sign});
  return ticks;
}

std::vector<Tick> Scale::logarithmic_ticks(int wanted) const {
  const int first = static_cast<int>(std::floor(std::log10(lo_))),
            last = static_cast<int>(std::ceil(std::log10(hi_)));
  const int decades = last - first;
  const int stride = (decades + wanted - 1) / wanted;
  const std::vector<double> digits = decades > 3 ? std::vector<double>{1} : std::vector<double>{1, 2, 5};
  std::vector<Tick> ticks;
  for (int exponent = first; exponent <= last; exponent += stride)
    for (const double digit : digits) {
      const double value = digit * std::pow(10, exponent);
      if (value >= lo_ * (1 - 1e-9) && value <= hi_ * (1 + 1e-9))
        ticks.push_back({value, logarithmic_label(value)});
    }
  return ticks.size() >= 3 ? ticks : linear_ticks(wanted, false);
}

}  // namespace plot
