// Linear maps of few rows, which take one pass over the weight: floats, or bytes with a scale a row.
#pragma once

#include <cstdint>

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// A weight (n, k) of bytes: element (i, j) is scales[i] * bytes[i * k + j].
template <Real T>
struct Int8Weight {
  const std::int8_t* bytes;
  const T* scales;
};

/// y (rows, n) = x (rows, k) weight^T + bias, with weight (n, k), all contiguous; bias has n elements or is
/// null. The weight comes from memory once, whatever the rows, which stay in cache. Each element is summed up
/// in an order that k alone decides: the same bits for any number of rows and threads.
template <Real T>
void few_rows(T* y, const T* x, const T* weight, const T* bias, index_t rows, index_t n, index_t k);
template <Real T>
void few_rows(T* y, const T* x, const Int8Weight<T>& weight, const T* bias, index_t rows, index_t n,
              index_t k);

/// bytes = round(weight / scale) with scale = max |row| / 127, for each of n rows of k. The values are
/// finite.
template <Real T>
void to_int8(std::int8_t* bytes, T* scales, const T* weight, index_t n, index_t k);
/// weight = scale * bytes, row by row.
template <Real T>
void from_int8(T* weight, const Int8Weight<T>& from, index_t n, index_t k);

template <Real T>
void few_rows_naive(T* y, const T* x, const T* weight, const T* bias, index_t rows, index_t n, index_t k);
template <Real T>
void few_rows_naive(T* y, const T* x, const Int8Weight<T>& weight, const T* bias, index_t rows, index_t n,
                    index_t k);

}  // namespace xtape::kernels
