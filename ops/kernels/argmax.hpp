// The places of the largest and smallest elements along one axis.
#pragma once

#include <cstdint>

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// y (outer, inner) = the index of the largest of x (outer, length, inner) along the middle axis: the first
/// of equal ones, or the first NaN. The length is 1 or more.
template <Real T>
void argmax(std::int64_t* y, const T* x, Split split);

/// The same for the smallest.
template <Real T>
void argmin(std::int64_t* y, const T* x, Split split);

}  // namespace xtape::kernels
