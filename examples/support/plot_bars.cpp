// Bar charts: one horizontal bar a value, with its name before and its number after it.
#include "support/plot.hpp"
#include "support/svg.hpp"
#include "support/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace plot {
namespace {

constexpr double width = 720, row = 28, thickness = 18, gap = 8;

}  // namespace

std::string bars(const Axes& axes, const std::vector<Bar>& bars) {
  if (bars.empty()) return no_values(axes.title);
  Range range;
  double widest_name = 0, widest_number = 0;
  range.include(0);
  for (const auto& [name, value] : bars) {
    if (Scale::shows(value, false)) range.include(value);
    widest_name = std::max(widest_name, text_width(visible(name), font_size));
    widest_number = std::max(widest_number, text_width(short_number(value), font_size));
  }
  if (range.hi == range.lo) range.hi = 1;

  const double before = range.lo < 0 ? widest_number + gap : 0, after = widest_number + gap;
  const double left = margin + widest_name + gap + before;
  const double right = std::max(width - margin - after, left + 160);
  const double top = margin + title_height(axes.title) + (axes.y_label.empty() ? 0 : 22);
  const double bottom = top + row * static_cast<double>(bars.size());
  const Scale scale(range);
  const auto x_at = [&](double value) { return left + scale.at(value) * (right - left); };

  std::string body;
  if (!axes.y_label.empty()) body += text_at(margin, top - 10, "muted", axes.y_label);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& [name, value] = bars[i];
    const double middle = top + row * (static_cast<double>(i) + 0.5);
    const double end = Scale::shows(value, false) ? x_at(value) : x_at(0);
    body += text_at(left - before - gap, middle + 4, "end", visible(name));
    body += fmt::format(
        "<rect class=\"dot c0\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"><title>{}: "
        "{}</title></rect>\n",
        coordinate(std::min(end, x_at(0))), coordinate(middle - thickness / 2),
        coordinate(std::abs(end - x_at(0))), coordinate(thickness), escaped(visible(name)),
        short_number(value));
    const bool negative = end < x_at(0);
    body += text_at(negative ? end - gap / 2 : end + gap / 2, middle + 4, negative ? "muted end" : "muted",
                    short_number(value));
  }
  body += fmt::format("<path class=\"axis\" d=\"M{},{}V{}\"/>\n", coordinate(x_at(0)), coordinate(top),
                      coordinate(bottom));
  if (!axes.x_label.empty()) body += text_at((left + right) / 2, bottom + 18, "muted middle", axes.x_label);
  return svg(right + after + margin, bottom + (axes.x_label.empty() ? margin : margin + 22), axes.title,
             body);
}

}  // namespace plot
