// The state of optimisers: one tensor for each parameter, under numbered names.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <xtape/core/checks.hpp>
#include <xtape/nn/state_dict.hpp>
#include <xtape/ops/kernels/optimizers.hpp>

namespace xtape::nn {

/// Adds "name.0", "name.1", ...
template <Real T>
void add_numbered(StateDict& state, const std::string& name, const std::vector<BasicTensor<T>>& tensors);

/// Copies of "name.0", "name.1", ... as T, one for each of `like` and of its shape. Throws ValueError.
template <Real T>
std::vector<BasicTensor<T>> numbered(const StateDict& state, const std::string& name,
                                     const std::vector<BasicTensor<T>>& like, Here at);

/// What clipping multiplies gradients of this norm by. NaN where the norm is.
inline double clip_factor(double norm, double max_norm) {
  const double factor = max_norm / (norm + 1e-6);
  return factor >= 1 ? 1 : factor;
}

/// clip_factor() for the gradients of a kernel's parameters together; 1 without max_norm.
template <Real T, class Parameter>
double clip_factor_of(const std::vector<Parameter>& parameters, std::optional<double> max_norm) {
  if (!max_norm) return 1;
  std::vector<kernels::Values<T>> gradients;
  for (const Parameter& p : parameters) gradients.push_back({p.gradient, p.size});
  return clip_factor(std::sqrt(kernels::sum_of_squares<T>(gradients)), *max_norm);
}

}  // namespace xtape::nn
