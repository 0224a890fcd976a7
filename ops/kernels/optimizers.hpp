// Optimiser steps over all parameters in one pass, and the gradient norm that clipping needs.
#pragma once

#include <cstdint>
#include <span>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// The elements of one tensor.
template <Real T>
struct Values {
  const T* data;
  index_t size;
};

/// The sum of x^2 over all tensors, in double: blocks cut by shape, added up in order.
template <Real T>
double sum_of_squares(std::span<const Values<T>> tensors);

/// A parameter with its gradient and AdamW's state (zeros before the first step).
template <Real T>
struct AdamwParameter {
  T* parameter;
  const T* gradient;
  T *m, *v;  // running means of the gradient and of its square
  index_t size;
  double lr, weight_decay;
  std::int64_t step;  // this update's number, from 1
};

struct AdamwOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double gradient_scale = 1;  // clipping: g below is the gradient times this
};

/// p *= 1 - lr * weight_decay; m += (1 - beta1) * (g - m); v = beta2 * v + (1 - beta2) * g^2;
/// p -= lr / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + eps). torch.optim.AdamW.
template <Real T>
void adamw(std::span<const AdamwParameter<T>> parameters, const AdamwOptions& options);

/// A parameter with its gradient and, where there is momentum, its velocity (zeros before the first step).
template <Real T>
struct SgdParameter {
  T* parameter;
  const T* gradient;
  T* velocity;  // null without momentum
  index_t size;
  double lr, weight_decay;
};

struct SgdOptions {
  double momentum = 0;
  bool nesterov = false;
  double gradient_scale = 1;
};

/// d = g + weight_decay * p; velocity = momentum * velocity + d; d = velocity, or d + momentum * velocity
/// with nesterov; p -= lr * d. torch.optim.SGD without dampening.
template <Real T>
void sgd(std::span<const SgdParameter<T>> parameters, const SgdOptions& options);

template <Real T>
void adamw_naive(std::span<const AdamwParameter<T>> parameters, const AdamwOptions& options);
template <Real T>
void sgd_naive(std::span<const SgdParameter<T>> parameters, const SgdOptions& options);

}  // namespace xtape::kernels
