// Loops over strided operands: axes are dropped, ordered and merged, then rows run in parallel.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>
#include <xtape/core/index.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

using Extents = std::span<const index_t>;
/// A number for each axis.
using PerAxis = std::array<index_t, max_rank>;

inline PerAxis contiguous_strides(Extents shape) {
  assert(shape.size() <= max_rank);
  PerAxis strides{};
  index_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0; step *= shape[i]) strides[i] = step;
  return strides;
}

/// A nest of loops over N operands, outermost axis first; strides count elements. There is at least one axis.
template <std::size_t N>
struct Loops {
  std::size_t rank = 0;
  PerAxis extent;
  std::array<PerAxis, N> stride;
  std::array<index_t, N> start{};

  index_t inner() const { return extent[rank - 1]; }
  index_t rows() const {
    index_t n = 1;
    for (std::size_t i = 0; i + 1 < rank; ++i) n *= extent[i];
    return n;
  }
};

/// The loops over `shape` where operand k has strides[k] (0 broadcasts, negative runs backwards). Axes of one
/// place go; the first operand's strides become positive and descending; neighbours that all operands cross
/// in one step become one.
template <std::size_t N>
Loops<N> collapse(Extents shape, const std::array<Extents, N>& strides) {
  assert(shape.size() <= max_rank);
  Loops<N> loops;
  const auto copy_axis = [&](std::size_t to, std::size_t from) {
    loops.extent[to] = loops.extent[from];
    for (std::size_t k = 0; k < N; ++k) loops.stride[k][to] = loops.stride[k][from];
  };
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    const bool backwards = strides[0][i] < 0;
    std::size_t place = loops.rank++;
    for (; place > 0 && loops.stride[0][place - 1] < std::abs(strides[0][i]); --place)
      copy_axis(place, place - 1);
    loops.extent[place] = shape[i];
    for (std::size_t k = 0; k < N; ++k) {
      loops.stride[k][place] = backwards ? -strides[k][i] : strides[k][i];
      if (backwards) loops.start[k] += (shape[i] - 1) * strides[k][i];
    }
  }
  std::size_t last = 0;
  for (std::size_t i = 1; i < loops.rank; ++i) {
    bool one_step = true;
    for (const PerAxis& s : loops.stride) one_step = one_step && s[last] == s[i] * loops.extent[i];
    const index_t merged = loops.extent[last] * loops.extent[i];
    if (!one_step) ++last;
    copy_axis(last, i);
    if (one_step) loops.extent[last] = merged;
  }
  if (loops.rank == 0) {
    loops.extent[0] = 1;
    for (PerAxis& s : loops.stride) s[0] = 1;
  }
  loops.rank = last + 1;
  return loops;
}

/// The operands' offsets at one place of the axes before the last `inner_axes`.
template <std::size_t N>
class Cursor {
 public:
  Cursor(const Loops<N>& loops, std::size_t inner_axes, index_t row)
      : loops_(loops), axes_(loops.rank - inner_axes), at_(loops.start) {
    for (std::size_t i = axes_; i-- > 0; row /= loops.extent[i]) {
      index_[i] = row % loops.extent[i];
      for (std::size_t k = 0; k < N; ++k) at_[k] += index_[i] * loops.stride[k][i];
    }
  }

  const std::array<index_t, N>& at() const { return at_; }

  void next() {
    for (std::size_t i = axes_; i-- > 0;) {
      for (std::size_t k = 0; k < N; ++k) at_[k] += loops_.stride[k][i];
      if (++index_[i] < loops_.extent[i]) return;
      for (std::size_t k = 0; k < N; ++k) at_[k] -= index_[i] * loops_.stride[k][i];
      index_[i] = 0;
    }
  }

 private:
  const Loops<N>& loops_;
  std::size_t axes_;
  std::array<index_t, N> at_;
  PerAxis index_;
};

/// Calls body(offsets, count) for each row along the innermost axis, in parallel; long rows come in pieces.
template <std::size_t N, class Body>
void for_rows(const Loops<N>& loops, Body body) {
  const index_t n = loops.inner();
  if (n == 0) return;
  const index_t piece = n >= 2 * task_size ? task_size : n;
  const index_t pieces = block_count(n, piece);
  parallel_for(loops.rows() * pieces, rows_grain(piece), [&](index_t begin, index_t end) {
    Cursor<N> cursor(loops, 1, begin / pieces);
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t first = unit % pieces * piece;
      std::array<index_t, N> at = cursor.at();
      for (std::size_t k = 0; k < N; ++k) at[k] += first * loops.stride[k][loops.rank - 1];
      body(at, std::min(piece, n - first));
      if (unit % pieces == pieces - 1) cursor.next();
    }
  });
}

template <index_t N>
using Step = std::integral_constant<index_t, N>;

/// Calls f with the step as a constant where it is 0 or 1.
template <class F>
void with_constant(index_t step, F f) {
  if (step == 1)
    f(Step<1>{});
  else if (step == 0)
    f(Step<0>{});
  else
    f(step);
}

}  // namespace xtape::kernels
