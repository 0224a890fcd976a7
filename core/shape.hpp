// Shapes and axes as plain values, and the arithmetic on them.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>

#include <xtape/core/index.hpp>
#include <xtape/core/small_vector.hpp>

namespace xtape {

/// The extents of an array, outermost first; () is a scalar. Made from braces or any range of integers.
class Shape : public SmallVector<index_t, 6> {
 public:
  using SmallVector::SmallVector;
  template <class Range>
    requires(!std::derived_from<Range, SmallVector> &&
             requires(const Range& r) {
               { *std::begin(r) } -> std::convertible_to<index_t>;
               std::end(r);
             })
  Shape(const Range& extents) : SmallVector(std::begin(extents), std::end(extents)) {}
};

/// Steps between neighbours along each axis, counted in elements.
using Strides = SmallVector<index_t, 6>;

/// The number of elements: the product of the extents, 1 for a scalar.
inline index_t element_count(const Shape& shape) {
  std::uint64_t count = 1;  // of an empty array, other extents may be so large that their product wraps
  for (const index_t extent : shape) count *= static_cast<std::uint64_t>(extent);
  return static_cast<index_t>(count);
}

/// Strides of a contiguous row-major array.
Strides row_major_strides(const Shape& shape);

/// Strides that read an array of `shape` as if it had shape `to`: 0 along every broadcast axis.
/// `shape` must broadcast to `to`.
Strides broadcast_strides(const Shape& shape, const Shape& to);

/// True where `shape` broadcasts to `to` by NumPy's rule.
bool broadcasts_to(const Shape& shape, const Shape& to);

/// "(2, 3)", "(4,)", "()".
std::string to_string(const Shape& shape);

/// Which axes to reduce: all of them when empty, one, or several; negative ones count from the last.
class Axes {
 public:
  Axes() = default;
  template <std::integral I>
  Axes(I axis) : values_{static_cast<index_t>(axis)} {}
  Axes(std::initializer_list<index_t> axes) : values_(axes) {}
  template <class Range>
    requires requires(const Range& r) {
      { *std::begin(r) } -> std::convertible_to<index_t>;
    }
  Axes(const Range& axes) : values_(std::begin(axes), std::end(axes)) {}

  /// True where no axis was named, which means every axis.
  bool all() const { return values_.empty(); }
  const SmallVector<index_t, 6>& values() const { return values_; }

 private:
  SmallVector<index_t, 6> values_;
};

}  // namespace xtape
