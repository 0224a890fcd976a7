// How a row kernel sees an array: every element of one axis, for each place before and behind it.
#pragma once

#include <algorithm>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// A contiguous array cut at one axis: element (o, l, i) stands at (o * length + l) * inner + i.
struct Split {
  index_t outer, length, inner;
};

/// Elements that one task of a parallel loop should treat: 5 to 50 microseconds of work.
inline constexpr index_t task_size = 16384;

/// The grain of a parallel loop whose every step treats `width` elements.
constexpr index_t rows_grain(index_t width) {
  return std::max<index_t>(1, task_size / std::max<index_t>(1, width));
}

}  // namespace xtape::kernels
