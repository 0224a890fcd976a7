// The colours of heat maps: one hue a sign, from the ground at zero to full at the largest value.
#pragma once

#include <string>

#include <xtape/core/tensor.hpp>

namespace plot {

struct Shade {
  std::string style;  // none for positive values
  double depth;       // 0 the ground, 1 the full colour
};

/// Where values lie in the colours.
struct Colours {
  double lo, hi;

  Shade of(double value) const;
  double most() const { return hi > -lo ? hi : -lo; }
};

/// From zero, but for values that lie close together far from it; to both sides where there are both signs.
Colours colours_for(const xtape::Tensor& values);

/// One cell or several: a path of strokes, each of length one, with what it shows under the pointer.
std::string strokes(const Shade& shade, const std::string& path, const std::string& title);

inline constexpr double bar_width = 14;
/// The colours and their values, beside a picture.
std::string colour_bar(const Colours& colours, double x, double y, double height);

}  // namespace plot
