// Convolution and pooling along time.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct Conv1dOptions {
  index_t stride = 1;    ///< places between the beginnings of windows
  index_t padding = 0;   ///< zeros on both sides of x; of one side only: pad()
  index_t dilation = 1;  ///< places between the elements of a window
  index_t groups = 1;    ///< parts of the channels that do not mix
};

/// y[b, o, l] = bias[o] + sum over c, k of weight[o, c, k] * x[b, c, l * stride + k * dilation], where x has
/// zeros around it: x (B, Cin, T), weight (Cout, Cin / groups, K), bias (Cout,) -> (B, Cout, L) with
/// L = (T + 2 padding - dilation (K - 1) - 1) / stride + 1. x may also be (Cin, T). Throws ShapeError,
/// ValueError. torch.nn.functional.conv1d.
template <Real T>
BasicTensor<T> conv1d(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& weight,
                      const std::type_identity_t<std::optional<BasicTensor<T>>>& bias = {},
                      Conv1dOptions options = {}, Here at = Here::now());

struct AvgPool1dOptions {
  index_t stride = 0;   ///< places between the beginnings of windows; 0: windows side by side
  index_t padding = 0;  ///< zeros on both sides of x, which count
};

/// Means over windows of `kernel` places along the last axis: (..., T) -> (..., L) with
/// L = (T + 2 padding - kernel) / stride + 1. Throws ShapeError, ValueError. torch.nn.functional.avg_pool1d.
template <Real T>
BasicTensor<T> avg_pool1d(const BasicTensor<T>& x, index_t kernel, AvgPool1dOptions options = {},
                          Here at = Here::now());

}  // namespace xtape
