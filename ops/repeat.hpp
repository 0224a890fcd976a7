// The same elements several times.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// Copies of x side by side, counts[d] of them along axis d; the shorter of shape and counts gets ones in
/// front. Throws ValueError for negative counts. numpy.tile, torch.Tensor.repeat.
template <Real T>
BasicTensor<T> tile(const BasicTensor<T>& x, const Shape& counts, Here at = Here::now());

/// The same with copies along the last axis.
template <Real T>
BasicTensor<T> tile(const BasicTensor<T>& x, index_t count, Here at = Here::now()) {
  return tile(x, Shape{count}, at);
}

/// Each element `count` times in a row along an axis, or as one row of all elements where none is named;
/// copies of the whole are tile(). Throws ShapeError, ValueError for a negative count. numpy.repeat,
/// torch.repeat_interleave.
template <Real T>
BasicTensor<T> repeat(const BasicTensor<T>& x, index_t count, std::optional<index_t> axis = {},
                      Here at = Here::now());

/// The same with a count for each place of the axis. Throws ShapeError also where their numbers differ.
template <Real T>
BasicTensor<T> repeat(const BasicTensor<T>& x, const Indices& counts, std::optional<index_t> axis = {},
                      Here at = Here::now());

}  // namespace xtape
