// Pictures as SVG text: lines, heat maps and bars, which follow the reader's light or dark theme.
#pragma once

#include <string>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace plot {

struct Series {
  std::string name;
  std::vector<double> y;
  std::vector<double> x = {};  ///< 0, 1, 2, ... where empty
};

struct Axes {
  std::string title;
  std::string x_label = {}, y_label = {};
  bool log_x = false, log_y = false;
};

/// One line for each series, named at its end; NaN, infinity and what a logarithm cannot show leave a gap. Up
/// to 40 points are marked, and show their values under the pointer.
std::string lines(const Axes& axes, const std::vector<Series>& series);

struct Bar {
  std::string name;
  double value;
};

/// One horizontal bar for each value, from zero, with its number; never logarithmic.
std::string bars(const Axes& axes, const std::vector<Bar>& bars);

struct HeatMap {
  std::string title;
  std::string x_label = {}, y_label = {};
  std::vector<std::string> columns = {}, rows = {};  ///< tokens beside the cells; none where empty
  std::vector<std::string> names = {};               ///< of the maps, where there are several
  bool numbers = false;                              ///< write each value into its cell
};

/// values (R, C), or (N, R, C) for N maps side by side on one scale of colours: one hue from zero on, two
/// where there are both signs, grey for NaN. A cell shows its row, column and value under the pointer, up to
/// 1100 cells in all; larger pictures would be large files. Throws ShapeError for other shapes and for labels
/// of another number.
std::string heat_map(const HeatMap& map, const xtape::Tensor& values);

}  // namespace plot
