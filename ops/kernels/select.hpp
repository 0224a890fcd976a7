// Choosing between two arrays by a mask, with broadcasting: where, masked_fill, and their gradients.
#pragma once

#include <span>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// An array read by strides in elements, one an axis: 0 broadcasts, negative runs backwards.
template <class E>
struct Strided {
  const E* data;
  std::span<const index_t> strides;
};

/// y = mask ? a : b, y contiguous of `shape`: numpy.where. A fill value is a single element with strides 0.
/// What is not chosen is not looked at: NaN there does no harm.
template <Real T>
void select(T* y, Strided<bool> mask, Strided<T> a, Strided<T> b, std::span<const index_t> shape);

template <Real T>
void select_naive(T* y, Strided<bool> mask, Strided<T> a, Strided<T> b, std::span<const index_t> shape);

}  // namespace xtape::kernels
