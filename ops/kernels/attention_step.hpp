// Attention of the newest position: one query against keys and values that are kept.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y (D) = softmax(q K^T scale) V for a head's query q (D), its keys K (n, D) and values V (n, D), n > 0.
template <Real T>
void attend_one(T* y, const T* q, const T* k, const T* v, index_t n, index_t head_size, T scale);

template <Real T>
void attend_one_naive(T* y, const T* q, const T* k, const T* v, index_t n, index_t head_size, T scale);

}  // namespace xtape::kernels
