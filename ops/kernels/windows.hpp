// Windows that slide along the last axis of an array, and the way back.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// Window w has `size` places, `dilation` apart, from w * step on; `count` of them fit into the axis.
struct Windows {
  index_t size, step, dilation, count;
};

/// y (rows, size, count): element (r, k, w) is x (rows, length) at (r, w * step + k * dilation).
template <Real T>
void windows(T* y, const T* x, index_t rows, index_t length, Windows windows);

/// y (rows, length) at (r, w * step + k * dilation) += x (rows, size, count) at (r, k, w), k ascending.
template <Real T>
void windows_add(T* y, const T* x, index_t rows, index_t length, Windows windows);

}  // namespace xtape::kernels
