// The gradient of a row's largest or smallest element.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// gx[r, i] = gy[r] / (how many elements of row r are y[r] or NaN) for each that is, else 0.
template <Real T>
void extreme_grad(T* gx, const T* gy, const T* x, const T* y, index_t rows, index_t n);

template <Real T>
void extreme_grad_naive(T* gx, const T* gy, const T* x, const T* y, index_t rows, index_t n);

}  // namespace xtape::kernels
