// Windows that slide along the last axis: what convolution and pooling share.
#pragma once

#include <xtape/core/tensor.hpp>
#include <xtape/ops/kernels/windows.hpp>

namespace xtape {

/// The windows of x (..., T) that w describes: (..., size, count).
template <Real T>
BasicTensor<T> windows(const BasicTensor<T>& x, kernels::Windows w);

/// The way back: x (..., size, count), each element added to its place in zeros (..., T) of `shape`.
template <Real T>
BasicTensor<T> windows_adjoint(const BasicTensor<T>& x, kernels::Windows w, const Shape& shape);

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
