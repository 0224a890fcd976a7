// What is added to its input and normalised, before or after.
#pragma once

#include <xtape/nn/layer_norm.hpp>

namespace xtape::nn {

/// x + f(norm(x)) where the norm comes first, else norm(x + f(x)), as in the paper.
template <Real T, class F>
BasicTensor<T> residual(const BasicTensor<T>& x, const BasicLayerNorm<T>& norm, bool norm_first, F f) {
  return norm_first ? x + f(norm(x)) : norm(x + f(x));
}

}  // namespace xtape::nn
