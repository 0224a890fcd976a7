// Clipping: one norm over all gradients, then each is scaled in place.
#include <xtape/nn/clip_grad.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/nn/optimizer_impl.hpp>
#include <xtape/ops/kernels/optimizers.hpp>
#include <xtape/ops/kernels/rows.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace xtape::nn {

namespace {

/// The parameters that have a gradient, each once.
template <Real T>
std::vector<BasicTensor<T>> with_gradient(const std::vector<BasicTensor<T>>& parameters) {
  std::vector<BasicTensor<T>> result;
  std::set<const Storage*> seen;
  for (const auto& x : parameters)
    if (x.has_grad() && seen.insert(x.storage().get()).second) result.push_back(x);
  return result;
}

/// Multiplies a parameter's gradient in place; one whose memory others hold too is copied first.
template <Real T>
void scale_gradient(const BasicTensor<T>& parameter, T factor, Here at) {
  auto gradient = parameter.grad();
  parameter.zero_grad();  // lets go of it, so that sharing shows
  if (!gradient.storage()->unshared()) gradient = gradient.clone();
  T* values = gradient.mutable_data(at);
  parallel_for(gradient.size(), kernels::task_size, [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) values[i] *= factor;
  });
  parameter.set_grad(gradient, at);
}

}  // namespace

template <Real T>
double clip_grad_norm(const std::vector<BasicTensor<T>>& parameters, double max_norm, Here at) {
  check_not_negative("clip_grad_norm", "max_norm", max_norm, at);
  const NoGrad writing;
  const Work clipping({"clip_grad_norm", at});
  const auto clipped = with_gradient(parameters);
  std::vector<BasicTensor<T>> gradients;
  std::vector<kernels::Values<T>> values;
  for (const auto& x : clipped) {
    gradients.push_back(x.grad());
    values.push_back({gradients.back().data(), x.size()});
  }
  const double norm = std::sqrt(kernels::sum_of_squares<T>(values));
  gradients.clear();
  const double factor = clip_factor(norm, max_norm);
  if (factor != 1)
    for (const auto& x : clipped) scale_gradient(x, static_cast<T>(factor), at);
  return norm;
}

template double clip_grad_norm(const std::vector<Tensor>&, double, Here);
template double clip_grad_norm(const std::vector<Tensor64>&, double, Here);

}  // namespace xtape::nn
