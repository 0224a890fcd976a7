// A shape cut at one axis, as the row kernels see it.
#pragma once

#include <xtape/core/shape.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape {

/// The extents before, at and behind `axis`.
inline kernels::Split split_at(const Shape& shape, std::size_t axis) {
  kernels::Split split{1, shape[axis], 1};
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d < axis) split.outer *= shape[d];
    if (d > axis) split.inner *= shape[d];
  }
  return split;
}

}  // namespace xtape
