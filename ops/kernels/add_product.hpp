// Products that are added where a gradient stands already.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y[i] += a[i] * b[i] for i below n; y may not overlap a or b.
template <Real T>
void add_product(T* y, const T* a, const T* b, index_t n);

}  // namespace xtape::kernels
