// softmax and log_softmax along one axis, with their gradients.
#pragma once

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// y = exp(x - max(x)) / sum(exp(x - max(x))) along the split's axis. y may be x.
/// A row that is all -inf gives zeros; a row with NaN or +inf gives NaN, as PyTorch's.
template <Real T>
void softmax(T* y, const T* x, Split split);

/// y = (x - max(x)) - log(sum(exp(x - max(x)))) along the split's axis. y may be x.
/// A row that is all -inf gives -inf; a row with NaN or +inf gives NaN, as PyTorch's.
template <Real T>
void log_softmax(T* y, const T* x, Split split);

/// gx = y * (gy - sum(gy * y)), y being softmax's result: zeros for a row that was all -inf. gx may be gy or
/// y.
template <Real T>
void softmax_grad(T* gx, const T* gy, const T* y, Split split);

/// gx = gy - exp(y) * sum(gy), y being log_softmax's result. A row that is all -inf gives zeros: no choice of
/// its values was better than another. gx may be gy or y.
template <Real T>
void log_softmax_grad(T* gx, const T* gy, const T* y, Split split);

template <Real T>
void softmax_naive(T* y, const T* x, Split split);
template <Real T>
void log_softmax_naive(T* y, const T* x, Split split);
template <Real T>
void softmax_grad_naive(T* gx, const T* gy, const T* y, Split split);
template <Real T>
void log_softmax_grad_naive(T* gx, const T* gy, const T* y, Split split);

}  // namespace xtape::kernels
