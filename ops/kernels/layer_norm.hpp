// Layer normalisation over rows, and its gradients.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// y = (x - mean) * rstd * weight + bias for each row of `width` elements, where mean = sum(x) / width and
/// rstd = 1 / sqrt(sum((x - mean)^2) / width + eps). weight and bias have `width` elements or are null.
/// mean and rstd, one a row, are what the gradient needs. y may be x.
template <Real T>
void layer_norm(T* y, T* mean, T* rstd, const T* x, const T* weight, const T* bias, T eps, index_t rows,
                index_t width);

/// With n = (x - mean) * rstd and g = gy * weight (gy where weight is null):
/// gx = rstd * (g - mean(g) - n * mean(g * n)) for each row, gweight = sum over rows of gy * n, gbias = sum
/// over rows of gy. Each of the three may be null; gx may be gy. The sums over rows add up in blocks of 32 to
/// 128 rows, cut by shape, then over the blocks as kernels::sum does.
template <Real T>
void layer_norm_grad(T* gx, T* gweight, T* gbias, const T* gy, const T* x, const T* mean, const T* rstd,
                     const T* weight, index_t rows, index_t width);

template <Real T>
void layer_norm_naive(T* y, T* mean, T* rstd, const T* x, const T* weight, const T* bias, T eps, index_t rows,
                      index_t width);
template <Real T>
void layer_norm_grad_naive(T* gx, T* gweight, T* gbias, const T* gy, const T* x, const T* mean, const T* rstd,
                           const T* weight, index_t rows, index_t width);

}  // namespace xtape::kernels
