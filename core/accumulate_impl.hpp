// The few operations on values that the engine itself needs, for either element type.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape::detail {

/// Every element is `value`.
AnyTensor filled(const Shape& shape, DType dtype, double value);
/// y += x in y's own memory, which nobody else reads.
void add_into(const AnyTensor& y, const AnyTensor& x);
/// a + b, recorded.
AnyTensor add_gradients(const AnyTensor& a, const AnyTensor& b);
/// A constant with memory of its own.
AnyTensor copy(const AnyTensor& x);

/// y = x for n elements, past the caches where they are too many to be found there later.
template <Real T>
void copy_elements(T* y, const T* x, index_t n);

/// Calls f(T{}) for the element type.
template <class F>
decltype(auto) with_type(DType dtype, F f) {
  return dtype == DType::float32 ? f(float{}) : f(double{});
}

}  // namespace xtape::detail
