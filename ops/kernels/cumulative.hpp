// Running sums, running products and linear recurrences along one axis.
#pragma once

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// y[l] = x[0] + ... + x[l] along the middle axis, or from the end: x[l] + ... + x[length - 1].
template <Real T>
void cumsum(T* y, const T* x, Split split, bool from_end);

/// y[l] = x[0] * ... * x[l] along the middle axis.
template <Real T>
void cumprod(T* y, const T* x, Split split);

/// y[l] = a[l] y[l - 1] + b[l] along the middle axis, y[0] = b[0]; or from the end,
/// y[l] = a[l + 1] y[l + 1] + b[l].
template <Real T>
void linear_recurrence(T* y, const T* a, const T* b, Split split, bool from_end);

}  // namespace xtape::kernels
