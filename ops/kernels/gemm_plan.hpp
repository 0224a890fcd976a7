// How a product is cut: a function of its shape and the kind of BLAS, never of the number of threads.
#pragma once

#include <xtape/ops/kernels/blas.hpp>

namespace xtape::kernels {

/// An extent cut into even pieces with edges at multiples of 4. None has one element unless the extent has.
struct Pieces {
  index_t extent, count;

  Range operator[](index_t i) const { return {edge(i), edge(i + 1)}; }
  index_t edge(index_t i) const { return i == count ? extent : extent * i / count / 4 * 4; }
  /// No piece is larger.
  index_t most() const { return (extent + count - 1) / count + 3; }
};

/// An extent cut into panels of one width; a remainder below an eighth of it joins the last panel.
struct Panels {
  index_t extent, width;

  index_t count() const { return extent < width ? 1 : (extent + width - width / 8 - 1) / width; }
  Range operator[](index_t i) const { return {i * width, i + 1 == count() ? extent : (i + 1) * width}; }
  /// No panel is wider.
  index_t most() const { return width + width / 8; }
};

/// A tile of C times a part of k is a call of BLAS. A unit is one row of tiles across a group of panels.
/// Tasks are runs of units, which are numbered row by row within a group, then group by group, then part by
/// part.
struct GemmPlan {
  Pieces rows;
  Panels panels;
  index_t group;  ///< panels that pass over a row of A together
  Pieces parts;   ///< of k; each is summed on its own
  index_t depth;  ///< the most of k that a call takes
  index_t chunk;  ///< calls along k for which a group's operands are packed at a time
  bool pack_a, pack_b;
  index_t grain;  ///< units in a task

  index_t groups() const { return (panels.count() + group - 1) / group; }
  index_t units() const { return rows.count * groups() * parts.count; }
  /// A part of k in chunks, and a chunk in calls.
  Pieces chunks(index_t k) const { return {k, (k + depth * chunk - 1) / (depth * chunk)}; }
  Pieces calls(index_t k) const { return {k, (k + depth - 1) / depth}; }
  index_t most_chunk() const { return depth * chunk + 3; }
};

inline constexpr index_t most_panels = 4;

/// The cut for `products` products of one shape.
GemmPlan plan_gemm(const GemmShape& shape, index_t products);

/// Pieces of the longer side of C times parts of k: each is a call of oneDNN, which cuts further by itself.
/// They are numbered piece by piece within a part.
struct BlockPlan {
  Pieces parts;  ///< of k; each is summed on its own
  bool by_rows;
  Pieces pieces;
  index_t grain;  ///< calls in a task
};

BlockPlan plan_blocks(const GemmShape& shape, index_t products);

}  // namespace xtape::kernels
