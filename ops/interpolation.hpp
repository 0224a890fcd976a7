// Between two tensors, along straight lines.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// a + weight (b - a), broadcast: a where the weight is 0, b where it is 1, beyond them outside of [0, 1].
/// Throws ShapeError where shapes do not broadcast. torch.lerp.
template <Real T>
BasicTensor<T> lerp(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, double weight,
                    Here at = Here::now());

/// The same with a weight for each element.
template <Real T>
BasicTensor<T> lerp(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                    const std::type_identity_t<BasicTensor<T>>& weight, Here at = Here::now());

}  // namespace xtape
