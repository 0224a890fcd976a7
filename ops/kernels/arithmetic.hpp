// The plainest loops: fill, accumulate, scale.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y = value.
template <Real T>
void fill(T* y, T value, index_t n);

/// y += x.
template <Real T>
void add_into(T* y, const T* x, index_t n);

/// y = x * factor. y may be x.
template <Real T>
void scale(T* y, const T* x, T factor, index_t n);

}  // namespace xtape::kernels
