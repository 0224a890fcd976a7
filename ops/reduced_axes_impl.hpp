// What all reductions start with: the axes checked, and the shapes before and after.
#pragma once

#include <string_view>

#include <xtape/core/checks.hpp>
#include <xtape/core/shape.hpp>

namespace xtape {

/// The axes of a reduction, ascending; its shapes: with these axes at extent 1, and as the caller wants it;
/// and how many elements make one.
struct ReducedAxes {
  SmallVector<std::size_t, 6> axes;
  Shape kept, result;
  index_t count = 1;

  ReducedAxes(std::string_view op, const Shape& shape, const Axes& axis, bool keep_dims, Here at)
      : axes(check_axes(op, shape, axis, at)), kept(shape) {
    for (const std::size_t d : axes) {
      count *= shape[d];
      kept[d] = 1;
    }
    result = kept;
    if (!keep_dims)
      for (std::size_t i = axes.size(); i-- > 0;) result.erase(axes[i]);
  }

  /// Throws ShapeError where results have to be chosen among no elements.
  void check_choices(std::string_view op, const Shape& shape, Here at) const;
};

}  // namespace xtape
