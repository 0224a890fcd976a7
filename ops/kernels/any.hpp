// Whether any or all of many truth values hold, over any axes.
#pragma once

#include <span>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y = whether any of x is true over the axes where y_shape is 1. y_shape has as many axes as x_shape, and
/// each extent is x's or 1. Over nothing it is false.
void any(bool* y, const bool* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

/// y = whether all of x are true over the axes where y_shape is 1. Over nothing it is true.
void all(bool* y, const bool* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

}  // namespace xtape::kernels
