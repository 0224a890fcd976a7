// Results that are a part of their input, or all of it under another shape: what layout, join and view share.
#pragma once

#include <xtape/core/record.hpp>

namespace xtape {

/// A part of a row-major array: its element (i, j, ...) stands at offset + i * strides[0] + j * strides[1]
/// ... No two share a place.
struct Region {
  Shape shape;
  Strides strides;
  index_t offset = 0;
};

/// The region of an array of `shape` that spans [begin, end) of one axis and all of the others.
Region slab(const Shape& shape, std::size_t axis, index_t begin, index_t end);

/// x under another shape of the same size, recorded as `op`; storage is shared. Throws ShapeError for more
/// than max_rank axes.
template <Real T>
BasicTensor<T> share(OpName op, const BasicTensor<T>& x, const Shape& shape);

/// The values of x in the region, recorded as `op`. Its gradient touches the region only.
template <Real T>
BasicTensor<T> take(OpName op, const BasicTensor<T>& x, const Region& region);

/// Zeros of `shape` with x in the region: the gradient of take().
template <Real T>
BasicTensor<T> place(const BasicTensor<T>& x, const Region& region, const Shape& shape);

}  // namespace xtape
