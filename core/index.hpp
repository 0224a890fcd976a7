// The facts that every layer shares: the index type, the limit on axes, which element types carry gradients.
#pragma once

#include <concepts>
#include <cstddef>

namespace xtape {

/// Sizes, extents, offsets and axes. Signed, so that -1 and differences mean what they say.
using index_t = std::ptrdiff_t;

/// Most axes that an array may have: NumPy's limit. Kernels keep extents and strides in arrays of this size.
inline constexpr std::size_t max_rank = 32;

/// Element types that can carry a gradient: exactly float and double.
template <class T>
concept Real = std::same_as<T, float> || std::same_as<T, double>;

}  // namespace xtape
