// Where the largest and the smallest elements stand.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>
#include <xtape/ops/reduce.hpp>

namespace xtape {

/// The index of the largest element along an axis, the first of equal ones, or of the first NaN. Without an
/// axis, counted through the whole array in row-major order. Throws ShapeError for an axis out of range and
/// where there is nothing to choose from. numpy.argmax.
template <Real T>
Indices argmax(const BasicTensor<T>& x, std::optional<index_t> axis = {}, ReduceOptions options = {},
               Here at = Here::now());

/// The same for the smallest element. numpy.argmin.
template <Real T>
Indices argmin(const BasicTensor<T>& x, std::optional<index_t> axis = {}, ReduceOptions options = {},
               Here at = Here::now());

}  // namespace xtape
