// Shades of values, and the bar that explains them.
#include "support/colours.hpp"

#include "support/svg.hpp"
#include "support/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace plot {
namespace {

/// ".37"
std::string without_zero(double depth) {
  const std::string digits = fmt::format("{:.2g}", depth);
  return digits.starts_with("0.") ? digits.substr(1) : digits;
}

}  // namespace

Shade Colours::of(double value) const {
  if (std::isnan(value)) return {"none", 1};
  if (lo > 0) return {"", std::clamp((value - lo) / (hi - lo), 0.0, 1.0)};
  return {value < 0 ? "minus" : "", std::min(std::abs(value) / most(), 1.0)};
}

Colours colours_for(const xtape::Tensor& values) {
  Range range;
  for (xtape::index_t i = 0; i < values.size(); ++i)
    if (Scale::shows(values.data()[i], false)) range.include(values.data()[i]);
  if (range.empty() || (range.lo == 0 && range.hi == 0)) return {0, 1};
  const double most = std::max(std::abs(range.lo), std::abs(range.hi));
  if (range.lo < 0) return {-most, range.hi > 0 ? most : 0};
  return {range.lo > range.hi / 2 && range.lo < range.hi ? range.lo : 0, range.hi};
}

std::string strokes(const Shade& shade, const std::string& path, const std::string& title) {
  return fmt::format("<path{}{} d=\"{}\"{}\n", shade.style.empty() ? "" : " class=\"" + shade.style + "\"",
                     shade.depth < 1 ? " opacity=\"" + without_zero(shade.depth) + "\"" : "", path,
                     title.empty() ? "/>" : "><title>" + title + "</title></path>");
}

std::string colour_bar(const Colours& colours, double x, double y, double height) {
  constexpr int steps = 40;
  std::string out = fmt::format(
      "<g class=\"cells\" transform=\"translate({},{})scale({},{})\"><path class=\"ground\" "
      "d=\"M0-.5h1v{}H0z\"/>\n",
      coordinate(x), coordinate(y + height / steps / 2), coordinate(bar_width), height / steps, steps);
  for (int i = 0; i < steps; ++i)
    out += strokes(colours.of(colours.hi - (i + 0.5) / steps * (colours.hi - colours.lo)),
                   fmt::format("M0 {}h1", i), "");
  out += "</g>\n";
  const Scale scale({colours.lo, colours.hi});
  for (const auto& [value, label] : scale.ticks(4))
    out += text_at(x + bar_width + 6, y + height * (1 - scale.at(value)) + 4, "muted", label);
  return out;
}

}  // namespace plot
