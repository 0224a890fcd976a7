// Gradient clipping.
#pragma once

#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::nn {

/// Scales all gradients by min(1, max_norm / (norm + 1e-6)), where norm is the Euclidean norm of all of them
/// together, and returns the norm before. Parameters without a gradient count as 0, tied ones once. Throws
/// ValueError for a negative max_norm. Where the norm is not asked for, an optimiser's `.max_grad_norm` clips
/// in passing. torch.nn.utils.clip_grad_norm_.
template <Real T>
double clip_grad_norm(const std::vector<BasicTensor<T>>& parameters, double max_norm, Here at = Here::now());

}  // namespace xtape::nn
