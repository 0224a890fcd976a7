// Rows taken from a table by index, and gradients added back into it.
#pragma once

#include <cstdint>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y[i] = table[index[i]] for i in [0, count), rows of `width` elements. Indices are not negative: the caller
/// has checked them. torch.nn.functional.embedding, numpy.take(table, index, axis=0).
template <Real T>
void gather_rows(T* y, const T* table, const std::int64_t* index, index_t count, index_t width);

/// table[index[i]] += gy[i] for i in [0, count). Rows that repeat add up in the order of i for any number of
/// threads: work is cut by columns.
template <Real T>
void scatter_add_rows(T* table, const T* gy, const std::int64_t* index, index_t count, index_t width);

/// table = the sum of gy's rows for each index, 0 where there is none: scatter_add_rows() into a table of
/// zeros, in one pass over it.
template <Real T>
void scatter_rows(T* table, index_t rows, const T* gy, const std::int64_t* index, index_t count,
                  index_t width);

template <Real T>
void gather_rows_naive(T* y, const T* table, const std::int64_t* index, index_t count, index_t width);
template <Real T>
void scatter_add_rows_naive(T* table, const T* gy, const std::int64_t* index, index_t count, index_t width);

}  // namespace xtape::kernels
