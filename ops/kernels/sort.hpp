// The order of elements along one axis.
#pragma once

#include <cstdint>

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// y (outer, count, inner) = the indices of the first `count` elements of x (outer, length, inner) along the
/// middle axis, ordered by size, ascending or descending; equal ones by index, NaN last.
template <Real T>
void argsort(std::int64_t* y, const T* x, index_t count, Split x_split, bool descending);

/// The same by counting, for each element, those that stand before it.
template <Real T>
void argsort_naive(std::int64_t* y, const T* x, index_t count, Split x_split, bool descending);

}  // namespace xtape::kernels
