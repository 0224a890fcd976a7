// The affine map of a layer.
#pragma once

#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// y = x weight^T + bias: x (..., in), weight (out, in), bias (out,) -> (..., out), in one product for all
/// rows of x. Throws ShapeError where the shapes are not these. torch.nn.functional.linear.
template <Real T>
BasicTensor<T> linear(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& weight,
                      const std::type_identity_t<std::optional<BasicTensor<T>>>& bias = {},
                      Here at = Here::now());

extern template Tensor linear(const Tensor&, const Tensor&, const std::optional<Tensor>&, Here);
extern template Tensor64 linear(const Tensor64&, const Tensor64&, const std::optional<Tensor64>&, Here);

}  // namespace xtape
