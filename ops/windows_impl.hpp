// Windows that slide along the last axis: what convolution and pooling share.
#pragma once

#include <xtape/core/tensor.hpp>
#include <xtape/ops/kernels/windows.hpp>

namespace xtape {

/// How windows lie on an axis.
struct WindowOptions {
  index_t size = 1;
  index_t stride = 1;
  index_t padding = 0;  ///< zeros on both sides
  index_t dilation = 1;
};

/// x (..., T), with zeros around it, as (..., size, windows). Throws ValueError for options that make no
/// sense, ShapeError where no window fits.
template <Real T>
BasicTensor<T> sliding_windows(const char* op, const BasicTensor<T>& x, const WindowOptions& options,
                               Here at);

}  // namespace xtape
