// The most axes that kernels accept.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// NumPy's limit. Kernels keep extents and strides in arrays of this size, so they allocate nothing.
inline constexpr std::size_t max_rank = 32;

}  // namespace xtape::kernels
