// Sums, products and extremes over any axes: what reductions, broadcast gradients and means are made of.
#pragma once

#include <span>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y = x summed over the axes where y_shape is 1 (keep_dims): numpy.sum, and the gradient of broadcasting.
/// y_shape is aligned with x_shape at the right and may be shorter; each extent is x's or 1.
/// Blocks of at most 65536 elements add up in four SIMD chains (along rows) or trees of eight rows (across
/// rows; groups of 64 rows where they come from beyond the caches), never more than 512 additions one after
/// another; blocks add up in order, in double.
/// The blocks depend on the shape alone. An empty sum is 0.
template <Real T>
void sum(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

/// y = a * b summed over the axes where y_shape is 1, in the order of sum(), without memory for the products.
/// Both have x_shape.
template <Real T>
void sum_of_products(T* y, const T* a, const T* b, std::span<const index_t> y_shape,
                     std::span<const index_t> x_shape);

/// y = the product of x over the axes where y_shape is 1, in the order of sum(). An empty product is 1.
template <Real T>
void prod(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

/// y = the largest of x over the axes where y_shape is 1; NaN where there is one, as numpy.amax.
/// Over nothing it is -inf: the caller should refuse that.
template <Real T>
void amax(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

/// y = the smallest of x over the axes where y_shape is 1; NaN where there is one, as numpy.amin.
/// Over nothing it is +inf: the caller should refuse that.
template <Real T>
void amin(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

template <Real T>
void sum_naive(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);
template <Real T>
void sum_of_products_naive(T* y, const T* a, const T* b, std::span<const index_t> y_shape,
                           std::span<const index_t> x_shape);
template <Real T>
void prod_naive(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);
template <Real T>
void amax_naive(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);
template <Real T>
void amin_naive(T* y, const T* x, std::span<const index_t> y_shape, std::span<const index_t> x_shape);

}  // namespace xtape::kernels
