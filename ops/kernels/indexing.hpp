// Elements by index along one axis, and the additions that are the way back.
#pragma once

#include <cstdint>

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// y (outer, count, inner) = x (outer, length, inner) at indices (count,) along the middle axis. Indices lie
/// in [0, length), as in all functions here.
template <Real T>
void take(T* y, const T* x, const std::int64_t* indices, index_t count, Split x_split);

/// y (outer, length, inner) += x (outer, count, inner), row j of x at row indices[j] of y, j ascending.
template <Real T>
void take_add(T* y, const T* x, const std::int64_t* indices, index_t count, Split y_split);

/// y (outer, count, inner): element (o, j, i) is x (o, indices(o, j, i), i).
template <Real T>
void take_along_axis(T* y, const T* x, const std::int64_t* indices, index_t count, Split x_split);

/// y (outer, length, inner): element (o, indices(o, j, i), i) += x (o, j, i), j ascending.
template <Real T>
void take_along_axis_add(T* y, const T* x, const std::int64_t* indices, index_t count, Split y_split);

}  // namespace xtape::kernels
