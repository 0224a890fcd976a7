// Pictures as SVG text.
#include "support/plot.hpp"

namespace plot {

std::string lines(const Axes&, const std::vector<Series>&) { return "<svg/>"; }
std::string bars(const Axes&, const std::vector<Bar>&) { return "<svg/>"; }
std::string heat_map(const HeatMap&, const xtape::Tensor&) { return "<svg/>"; }

}  // namespace plot
