// Normalisation over the last axis: layer_norm and rms_norm.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct LayerNormOptions {
  double eps = 1e-5;  ///< added to the variance
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var (ddof 0) over the last axis of x (..., C);
/// weight and bias are (C,) and may each be left out. Throws ShapeError. torch.nn.functional.layer_norm.
template <Real T>
BasicTensor<T> layer_norm(const BasicTensor<T>& x,
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& weight = {},
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& bias = {},
                          LayerNormOptions options = {}, Here at = Here::now());

struct RmsNormOptions {
  double eps = 1e-6;  ///< added to the mean of squares
};

/// y = x / sqrt(mean(x^2) + eps) * weight, the mean over the last axis of x (..., C); weight is (C,) and may
/// be left out. Throws ShapeError. torch.nn.functional.rms_norm, with an eps of its own.
template <Real T>
BasicTensor<T> rms_norm(const BasicTensor<T>& x,
                        const std::type_identity_t<std::optional<BasicTensor<T>>>& weight = {},
                        RmsNormOptions options = {}, Here at = Here::now());

}  // namespace xtape
