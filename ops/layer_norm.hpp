// Normalisation over the last axes: layer_norm and rms_norm.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct LayerNormOptions {
  double eps = 1e-5;  ///< added to the variance
  Shape normalized_shape =
      {};  ///< the last extents of x, over which to normalise; the very last if not given
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias, mean and var (ddof 0) over the last axis of x (..., C),
/// or over those that `normalized_shape` names; weight and bias have their shape, as a rule (C,), and may
/// each be left out. Throws ShapeError. torch.nn.functional.layer_norm.
template <Real T>
BasicTensor<T> layer_norm(const BasicTensor<T>& x,
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& weight = {},
                          const std::type_identity_t<std::optional<BasicTensor<T>>>& bias = {},
                          const LayerNormOptions& options = {}, Here at = Here::now());

struct RmsNormOptions {
  double eps = 1e-6;            ///< added to the mean of squares
  Shape normalized_shape = {};  ///< as in LayerNormOptions
};

/// y = x / sqrt(mean(x^2) + eps) * weight, the mean over the last axis of x (..., C), or over those that
/// `normalized_shape` names; weight has their shape and may be left out. Throws ShapeError.
/// torch.nn.functional.rms_norm, whose eps is that of the type if not given.
template <Real T>
BasicTensor<T> rms_norm(const BasicTensor<T>& x,
                        const std::type_identity_t<std::optional<BasicTensor<T>>>& weight = {},
                        const RmsNormOptions& options = {}, Here at = Here::now());

}  // namespace xtape
