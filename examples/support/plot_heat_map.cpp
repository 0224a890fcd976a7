// Heat maps: cells, what stands beside them, and where all that lies.
#include "support/colours.hpp"
#include "support/plot.hpp"
#include "support/svg.hpp"

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace plot {
namespace {

using xtape::index_t;

constexpr double token_size = 11, smallest_token = 7, label_gap = 5, map_gap = 20;
constexpr index_t most_maps_a_row = 4, most_titles = 1100;

/// Sizes that all maps of the picture share.
struct Layout {
  index_t maps, rows, columns, maps_a_row;
  double cell, left, top;        // of a map's cells in its place
  double map_width, map_height;  // of a map's place
  bool slanted;                  // column labels that are wider than a cell

  double middle(index_t i) const { return cell * (static_cast<double>(i) + 0.5); }
};

std::string name_of(const std::vector<std::string>& names, index_t i) {
  return names.empty() ? fmt::to_string(i) : visible(names[static_cast<std::size_t>(i)]);
}

double widest(const std::vector<std::string>& names) {
  double most = 0;
  for (const auto& name : names) most = std::max(most, text_width(visible(name), token_size));
  return most;
}

std::string number_in_cell(double value, double most) {
  if (!std::isfinite(value)) return short_number(value);
  const std::string digits = most < 0.01  ? fmt::format("{:.0e}", std::abs(value))
                             : most < 10  ? fmt::format("{:.2f}", std::abs(value))
                             : most < 100 ? fmt::format("{:.1f}", std::abs(value))
                                          : fmt::format("{:.0f}", std::abs(value));
  return (value < 0 ? "−" : "") + digits;
}

Layout layout_for(const HeatMap& map, const xtape::Tensor& values, const Colours& colours) {
  Layout l{};
  const auto& shape = values.shape();
  const bool several = shape.size() == 3;
  l.maps = several ? shape[0] : 1;
  l.rows = shape[several ? 1 : 0];
  l.columns = shape[several ? 2 : 1];
  l.maps_a_row = std::min(l.maps, most_maps_a_row);
  const double fitting =
      std::min(640.0 / static_cast<double>(l.maps_a_row * l.columns), 420.0 / static_cast<double>(l.rows));
  l.cell = std::clamp(std::floor(fitting), 3.0, 36.0);
  if (map.numbers)
    for (index_t i = 0; i < values.size(); ++i)
      l.cell = std::max(
          l.cell, std::ceil(8 + text_width(number_in_cell(values.data()[i], colours.most()), token_size)));

  const double widest_column = widest(map.columns);
  l.slanted = widest_column > std::max(l.cell, 9.0);
  const double labels =
      map.columns.empty() ? 0 : label_gap + (l.slanted ? 0.72 * widest_column + 8 : token_size);
  l.left = map.rows.empty() ? 0 : widest(map.rows) + label_gap;
  l.top = (map.names.empty() ? 0 : 22) + labels;
  const double overhang = l.slanted ? std::max(0.0, 0.72 * widest_column - l.cell / 2) : 0;
  l.map_width = l.left + l.cell * static_cast<double>(l.columns) + std::max(map_gap, overhang);
  l.map_height = l.top + l.cell * static_cast<double>(l.rows) + map_gap;
  return l;
}

/// Row labels before the cells, column labels above them; only every so many where the cells are small.
std::string labels(const HeatMap& map, const Layout& l, double x, double y) {
  const double size = std::clamp(0.95 * l.cell, smallest_token, token_size);
  const auto stride = static_cast<std::size_t>(std::ceil(size / l.cell));
  const auto middle = [&](std::size_t i) { return l.middle(static_cast<index_t>(i)); };
  std::string out = fmt::format("<g class=\"token\" style=\"font-size:{}px\">\n", coordinate(size));
  for (std::size_t i = 0; i < map.rows.size(); i += stride)
    out += text_at(x - label_gap, y + middle(i) + 0.35 * size, "end", visible(map.rows[i]));
  for (std::size_t i = 0; i < map.columns.size(); i += stride)
    out += fmt::format("<text class=\"{}\" transform=\"translate({},{}){}\">{}</text>\n",
                       l.slanted ? "" : "middle", coordinate(x + middle(i) + (l.slanted ? 3 : 0)),
                       coordinate(y - label_gap), l.slanted ? "rotate(-45)" : "",
                       escaped(visible(map.columns[i])));
  return out + "</g>\n";
}

/// A path for each cell, with what it shows under the pointer.
std::string titled_cells(const HeatMap& map, const Layout& l, const Colours& colours, const float* values) {
  std::string out;
  for (index_t r = 0; r < l.rows; ++r)
    for (index_t c = 0; c < l.columns; ++c) {
      const double value = values[r * l.columns + c];
      out += strokes(colours.of(value), fmt::format("M{} {}h1", c, r),
                     fmt::format("{}, {}: {}", escaped(name_of(map.rows, r)),
                                 escaped(name_of(map.columns, c)), short_number(value)));
    }
  return out;
}

/// A path for all cells of one shade: a tenth of the size.
std::string plain_cells(const Layout& l, const Colours& colours, const float* values) {
  std::map<std::pair<std::string, int>, std::string> paths;
  for (index_t i = 0; i < l.rows * l.columns; ++i) {
    const auto [style, depth] = colours.of(values[i]);
    paths[{style, static_cast<int>(std::lround(100 * depth))}] +=
        fmt::format("M{} {}h1", i % l.columns, i / l.columns);
  }
  std::string out;
  for (const auto& [shade, path] : paths) out += strokes({shade.first, shade.second / 100.0}, path, "");
  return out;
}

/// Thin lines of paper between cells that are large enough.
std::string gaps(const Layout& l, double x, double y) {
  if (l.cell < 9) return "";
  std::string path;
  for (index_t c = 1; c < l.columns; ++c)
    path += fmt::format("M{},{}v{}", coordinate(x + l.cell * static_cast<double>(c)), coordinate(y),
                        coordinate(l.cell * static_cast<double>(l.rows)));
  for (index_t r = 1; r < l.rows; ++r)
    path += fmt::format("M{},{}h{}", coordinate(x), coordinate(y + l.cell * static_cast<double>(r)),
                        coordinate(l.cell * static_cast<double>(l.columns)));
  return fmt::format("<path class=\"gaps\" d=\"{}\"/>\n", path);
}

std::string numbers(const Layout& l, const Colours& colours, const float* values, double x, double y) {
  std::string out = "<g class=\"token middle still\">\n";
  for (index_t i = 0; i < l.rows * l.columns; ++i) {
    const auto [style, depth] = colours.of(values[i]);
    out += text_at(x + l.middle(i % l.columns), y + l.middle(i / l.columns) + 4,
                   depth > 0.62 && style != "none" ? "over" : "", number_in_cell(values[i], colours.most()));
  }
  return out + "</g>\n";
}

std::string cells(const HeatMap& map, const Layout& l, const Colours& colours, const float* values, double x,
                  double y) {
  std::string out = fmt::format(
      "<g class=\"cells\" transform=\"translate({},{})scale({})\"><path class=\"ground\" "
      "d=\"M0-.5h{}v{}H0z\"/>\n",
      coordinate(x), coordinate(y + l.cell / 2), coordinate(l.cell), l.columns, l.rows);
  out += l.maps * l.rows * l.columns > most_titles ? plain_cells(l, colours, values)
                                                   : titled_cells(map, l, colours, values);
  out += "</g>\n" + gaps(l, x, y);
  return map.numbers ? out + numbers(l, colours, values, x, y) : out;
}

void check_labels(const char* what, std::size_t count, index_t extent, const xtape::Shape& shape) {
  if (count != 0 && count != static_cast<std::size_t>(extent))
    throw xtape::ShapeError(
        fmt::format("heat_map: {} {} for values {}, expected {}", count, what, to_string(shape), extent));
}

}  // namespace

std::string heat_map(const HeatMap& map, const xtape::Tensor& values) {
  const auto& shape = values.shape();
  if (shape.size() != 2 && shape.size() != 3)
    throw xtape::ShapeError(
        fmt::format("heat_map: values {}, expected (R, C) or (N, R, C)", to_string(shape)));
  const Colours colours = colours_for(values);
  if (values.size() == 0) return no_values(map.title);
  const Layout l = layout_for(map, values, colours);
  check_labels("rows", map.rows.size(), l.rows, shape);
  check_labels("columns", map.columns.size(), l.columns, shape);
  check_labels("names", map.names.size(), l.maps, shape);

  const double left = margin + (map.y_label.empty() ? 0 : 20),
               top = margin + title_height(map.title) + (map.x_label.empty() ? 0 : 20);
  const index_t maps_a_column = (l.maps + l.maps_a_row - 1) / l.maps_a_row;
  std::string body;
  for (index_t i = 0; i < l.maps; ++i) {
    const index_t row = i / l.maps_a_row, column = i % l.maps_a_row;
    const double x = left + l.left + static_cast<double>(column) * l.map_width;
    const double y = top + l.top + static_cast<double>(row) * l.map_height;
    if (!map.names.empty())
      body += text_at(x, y - l.top + 12, "", visible(map.names[static_cast<std::size_t>(i)]));
    body += labels(map, l, x, y) + cells(map, l, colours, values.data() + i * l.rows * l.columns, x, y);
  }

  const double right = left + l.map_width * static_cast<double>(l.maps_a_row);
  const double bottom = top + l.map_height * static_cast<double>(maps_a_column);
  const double first_row = top + l.top;
  if (!map.x_label.empty()) body += text_at(left + l.left, top - 8, "muted", map.x_label + " →");
  if (!map.y_label.empty())
    body += fmt::format("<text class=\"muted end\" transform=\"translate({},{})rotate(-90)\">← {}</text>\n",
                        coordinate(margin + 8), coordinate(first_row), escaped(map.y_label));
  body += colour_bar(colours, right, first_row, std::clamp(bottom - map_gap - first_row, 60.0, 200.0));
  return svg(right + bar_width + 60, std::max(bottom, first_row + 60 + margin), map.title, body);
}

}  // namespace plot
