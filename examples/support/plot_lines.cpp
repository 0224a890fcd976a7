// Line charts: curves with their names at their ends.
#include "support/plot.hpp"
#include "support/svg.hpp"
#include "support/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace plot {
namespace {

constexpr double width = 720, least_height = 400, name_gap = 16, tick_gap = 8;
constexpr std::size_t most_dots = 40;  // more points than these are a curve alone

struct Point {
  double x, y;
};

/// A curve in pieces that follow each other without a gap.
using Pieces = std::vector<std::vector<Point>>;

double x_of(const Series& s, std::size_t i) { return s.x.empty() ? static_cast<double>(i) : s.x[i]; }

std::size_t size_of(const Series& s) { return s.x.empty() ? s.y.size() : std::min(s.x.size(), s.y.size()); }

bool is_shown(const Axes& axes, const Series& s, std::size_t i) {
  return Scale::shows(x_of(s, i), axes.log_x) && Scale::shows(s.y[i], axes.log_y);
}

/// Room above and below the curves; a range that almost begins at zero begins there.
Range with_room(Range y, bool logarithmic) {
  if (y.empty() || y.hi <= y.lo) return y;
  if (logarithmic) {
    const double factor = std::pow(y.hi / y.lo, 0.04);
    return {y.lo / factor, y.hi * factor};
  }
  const double room = 0.05 * (y.hi - y.lo);
  const bool from_zero = y.lo >= 0 && y.lo < 0.25 * y.hi;
  return {from_zero ? 0 : y.lo - room, y.hi + room};
}

/// What the picture is drawn into: the scales and their place.
struct Frame {
  Scale x, y;
  double left, top, right, bottom;

  Point at(double vx, double vy) const {
    return {left + x.at(vx) * (right - left), bottom - y.at(vy) * (bottom - top)};
  }
};

Pieces pieces_of(const Frame& frame, const Axes& axes, const Series& s) {
  Pieces pieces;
  bool gap = true;
  for (std::size_t i = 0; i < size_of(s); ++i) {
    if (!is_shown(axes, s, i)) {
      gap = true;
      continue;
    }
    if (gap) pieces.emplace_back();
    gap = false;
    pieces.back().push_back(frame.at(x_of(s, i), s.y[i]));
  }
  return pieces;
}

/// Of points in one column of pixels, only the first, the highest, the lowest and the last show.
std::vector<Point> thinned(const std::vector<Point>& points) {
  std::vector<Point> out;
  for (std::size_t first = 0, end; first < points.size(); first = end) {
    const double column = std::floor(points[first].x);
    for (end = first + 1; end < points.size() && std::floor(points[end].x) == column;) ++end;
    const auto [low, high] = std::minmax_element(points.begin() + static_cast<std::ptrdiff_t>(first),
                                                 points.begin() + static_cast<std::ptrdiff_t>(end),
                                                 [](const Point& a, const Point& b) { return a.y < b.y; });
    std::vector<std::size_t> kept = {first, static_cast<std::size_t>(low - points.begin()),
                                     static_cast<std::size_t>(high - points.begin()), end - 1};
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    for (const std::size_t i : kept) out.push_back(points[i]);
  }
  return out;
}

std::string style_of(std::size_t series) {
  return fmt::format("c{}{}", series % palette_size, series / palette_size % 2 == 1 ? " dashed" : "");
}

std::string curve(const Pieces& pieces, const std::string& style, const Series& s) {
  std::string path;
  for (const auto& piece : pieces) {
    path += "M";
    for (const auto& [x, y] : thinned(piece)) path += coordinate(x) + "," + coordinate(y) + " ";
    if (piece.size() == 1)
      path += "h0";
    else
      path.pop_back();
  }
  return fmt::format("<path class=\"line {}\" d=\"{}\"><title>{}</title></path>\n", style, path,
                     escaped(visible(s.name)));
}

/// A dot at each point, which tells its values.
std::string dots(const Frame& frame, const Axes& axes, const std::string& style, const Series& s) {
  std::string out = fmt::format("<g class=\"{}\">", style);
  for (std::size_t i = 0; i < size_of(s); ++i) {
    if (!is_shown(axes, s, i)) continue;
    const auto [x, y] = frame.at(x_of(s, i), s.y[i]);
    out += fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3\"><title>{}{}: {}</title></circle>\n",
                       coordinate(x), coordinate(y), s.name.empty() ? "" : escaped(visible(s.name)) + ", ",
                       short_number(x_of(s, i)), short_number(s.y[i]));
  }
  return out + "</g>\n";
}

/// Moves ascending places apart, but not past the ends where there is room.
void spread(std::vector<double>& places, double low, double high) {
  for (std::size_t i = 0; i < places.size(); ++i)
    places[i] = std::max(places[i], i == 0 ? low : places[i - 1] + name_gap);
  for (std::size_t i = places.size(); i-- > 0;)
    places[i] = std::min(places[i], i + 1 == places.size() ? high : places[i + 1] - name_gap);
}

/// Each name beside the end of its curve.
std::string names(const Frame& frame, const std::vector<Series>& series, const std::vector<Pieces>& curves) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < series.size(); ++i)
    if (!series[i].name.empty() && !curves[i].empty()) order.push_back(i);
  const auto end_of = [&](std::size_t i) { return curves[i].back().back(); };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return end_of(a).y < end_of(b).y; });

  std::vector<double> places;
  places.reserve(order.size());
  for (const std::size_t i : order) places.push_back(end_of(i).y);
  spread(places, frame.top + 4, frame.bottom - 4);

  std::string out;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto [x, y] = end_of(order[k]);
    const std::string style = style_of(order[k]);
    if (x > frame.right - 1 && std::abs(places[k] - y) > 2)
      out += fmt::format("<path class=\"leader {}\" d=\"M{},{} {},{}\"/>\n", style, coordinate(x + 5),
                         coordinate(y), coordinate(frame.right + 13), coordinate(places[k]));
    out += text_at(frame.right + 16, places[k] + 4, "name " + style, visible(series[order[k]].name));
  }
  return out;
}

std::string grid(const Frame& frame, const Axes& axes, const std::vector<Tick>& x_ticks,
                 const std::vector<Tick>& y_ticks) {
  std::string out;
  for (const auto& [value, label] : y_ticks) {
    const double y = frame.bottom - frame.y.at(value) * (frame.bottom - frame.top);
    out += fmt::format("<path class=\"grid\" d=\"M{},{}H{}\"/>\n", coordinate(frame.left), coordinate(y),
                       coordinate(frame.right));
    out += text_at(frame.left - tick_gap, y + 4, "muted end", label);
  }
  out += fmt::format("<path class=\"axis\" d=\"M{},{}H{}", coordinate(frame.left), coordinate(frame.bottom),
                     coordinate(frame.right));
  std::string labels;
  for (const auto& [value, label] : x_ticks) {
    const double x = frame.left + frame.x.at(value) * (frame.right - frame.left);
    out += fmt::format("M{},{}v4", coordinate(x), coordinate(frame.bottom));
    labels += text_at(x, frame.bottom + 18, "muted middle", label);
  }
  out += "\"/>\n" + labels;
  if (!axes.x_label.empty())
    out += text_at((frame.left + frame.right) / 2, frame.bottom + 38, "muted middle", axes.x_label);
  if (!axes.y_label.empty()) out += text_at(margin, frame.top - 12, "muted", axes.y_label);
  return out;
}

}  // namespace

std::string lines(const Axes& axes, const std::vector<Series>& series) {
  Range xs, ys;
  bool whole = true;
  double widest_name = 0;
  int named = 0;
  for (const auto& s : series) {
    for (std::size_t i = 0; i < size_of(s); ++i) {
      if (!is_shown(axes, s, i)) continue;
      xs.include(x_of(s, i));
      ys.include(s.y[i]);
      whole = whole && std::floor(x_of(s, i)) == x_of(s, i);
    }
    widest_name = std::max(widest_name, text_width(visible(s.name), font_size));
    named += s.name.empty() ? 0 : 1;
  }
  if (xs.empty()) return no_values(axes.title);

  const Scale x_scale(xs, axes.log_x), y_scale(with_room(ys, axes.log_y), axes.log_y);
  const auto x_ticks = x_scale.ticks(7, whole), y_ticks = y_scale.ticks(6);
  double widest_tick = 0;
  for (const auto& tick : y_ticks) widest_tick = std::max(widest_tick, text_width(tick.label, font_size));

  const double top = margin + title_height(axes.title) + (axes.y_label.empty() ? 0 : 22);
  const double below = axes.x_label.empty() ? 32 : 52;
  const double height = std::max(least_height, top + static_cast<double>(named) * name_gap + below);
  const double right = width - margin - (named == 0 ? 0 : widest_name + 12);
  const Frame frame{
      x_scale, y_scale, margin + widest_tick + tick_gap, top, std::max(right, 0.6 * width), height - below};

  std::string body = grid(frame, axes, x_ticks, y_ticks);
  std::vector<Pieces> curves;
  for (std::size_t i = 0; i < series.size(); ++i) {
    curves.push_back(pieces_of(frame, axes, series[i]));
    body += curve(curves.back(), style_of(i), series[i]);
    if (size_of(series[i]) <= most_dots) body += dots(frame, axes, style_of(i), series[i]);
  }
  body += names(frame, series, curves);
  return svg(std::max(width, frame.right + (named == 0 ? 0 : widest_name + 12) + margin), height, axes.title,
             body);
}

}  // namespace plot
