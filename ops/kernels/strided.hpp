// Copies between a contiguous array and strided places: transposes, broadcasts, views, slices, flips.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// Bytes that the functions below wrote since the start: what changes of layout cost.
inline constinit std::atomic<std::uint64_t> layout_bytes{0};

/// y[i, j, ...] = x[i * x_strides[0] + j * x_strides[1] + ...], y contiguous: numpy.ascontiguousarray of a
/// transpose, a broadcast (stride 0), a view with steps or a flip (negative stride; x points at index 0).
template <Real T>
void strided_copy(T* y, const T* x, std::span<const index_t> x_strides, std::span<const index_t> shape);

/// y[i * y_strides[0] + ...] = x[i, j, ...], x contiguous. No two indices may meet in one place of y.
template <Real T>
void strided_assign(T* y, std::span<const index_t> y_strides, const T* x, std::span<const index_t> shape);

/// y[i * y_strides[0] + ...] += x[i, j, ...], x contiguous. No two indices may meet in one place of y.
template <Real T>
void strided_add(T* y, std::span<const index_t> y_strides, const T* x, std::span<const index_t> shape);

template <Real T>
void strided_copy_naive(T* y, const T* x, std::span<const index_t> x_strides, std::span<const index_t> shape);
template <Real T>
void strided_assign_naive(T* y, std::span<const index_t> y_strides, const T* x,
                          std::span<const index_t> shape);
template <Real T>
void strided_add_naive(T* y, std::span<const index_t> y_strides, const T* x, std::span<const index_t> shape);

}  // namespace xtape::kernels
