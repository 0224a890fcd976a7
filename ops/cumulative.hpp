// Running sums.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct CumsumOptions {
  bool from_end = false;  ///< sum from the last element down instead
};

/// y[i] = x[0] + ... + x[i] along an axis. Throws ShapeError for a wrong axis. numpy.cumsum.
template <Real T>
BasicTensor<T> cumsum(const BasicTensor<T>& x, index_t axis, CumsumOptions options = {},
                      Here at = Here::now());

}  // namespace xtape
