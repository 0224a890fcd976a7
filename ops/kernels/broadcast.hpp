// Broadcasting: cuts a result into runs along which each input either advances or stays.
#pragma once

#include <span>

#include <xtape/core/function_ref.hpp>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// The most inputs that one call may have.
inline constexpr std::size_t max_broadcast_inputs = 16;

/// Computes y[i] from x[k][i * step[k]] of every input k, for i below n; step[k] is 0 or 1.
template <Real T>
using RunFunction = FunctionRef<void(T* y, const T* const* x, const index_t* step, index_t n)>;

/// Calls run for pieces that make up the row-major array y of `shape`. strides[k * rank + axis] counts the
/// elements of input k between neighbours along an axis: as in a contiguous array of that input's shape, 0
/// where the input is broadcast. Pieces are cut by shape alone and run in parallel.
template <Real T>
void broadcast(T* y, std::span<const T* const> x, std::span<const index_t> shape,
               std::span<const index_t> strides, RunFunction<T> run);

/// The same, an element at a time.
template <Real T>
void broadcast_naive(T* y, std::span<const T* const> x, std::span<const index_t> shape,
                     std::span<const index_t> strides, RunFunction<T> run);

}  // namespace xtape::kernels
