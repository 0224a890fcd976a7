// Reductions over any axes.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct ReduceOptions {
  bool keep_dims = false;  ///< the axes stay, with extent 1
};

/// The sum over `axis`: one, several, or all axes where none is named. The sum of nothing is 0.
/// Throws ShapeError for an axis out of range or named twice, as all functions here. numpy.sum.
template <Real T>
BasicTensor<T> sum(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                   Here at = Here::now());

/// x summed down to a shape that broadcasts to x's: what broadcast_to() repeated is added up.
/// Throws ShapeError.
template <Real T>
BasicTensor<T> sum_to(const BasicTensor<T>& x, const Shape& shape, Here at = Here::now());

}  // namespace xtape
