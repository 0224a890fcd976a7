// AdamW: Adam with weight decay that does not pass through the gradient.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <xtape/nn/optimizer.hpp>

namespace xtape::nn {

struct AdamWConfig {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.01;
  /// Steps, up to rounding, as if clip_grad_norm() had clipped the gradients of all this optimiser's
  /// parameters to this; they stay as they are, and none is read or written once more for it than its norm
  /// takes.
  std::optional<double> max_grad_norm = {};
};

/// p -= lr weight_decay p, then p -= lr m' / (sqrt(v') + eps), with m' and v' the bias-corrected running
/// means of the gradient and its square (Loshchilov and Hutter 2019); one fused pass over all parameters.
/// torch.optim.AdamW.
template <Real T>
class BasicAdamW : public BasicOptimizer<T> {
 public:
  explicit BasicAdamW(std::vector<BasicParamGroup<T>> groups, AdamWConfig settings = {},
                      Here at = Here::now());
  explicit BasicAdamW(std::vector<BasicTensor<T>> parameters, AdamWConfig settings = {},
                      Here at = Here::now())
      : BasicAdamW(std::vector<BasicParamGroup<T>>{{std::move(parameters)}}, settings, at) {}

  void step(Here at = Here::now()) override;
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state, Here at = Here::now()) override;

  AdamWConfig config;  ///< may be changed between steps: optimizer.config.lr = schedule(i)

 private:
  std::vector<BasicTensor<T>> exp_avg_, exp_avg_sq_;
  std::vector<std::int64_t> steps_;  // updates so far, of each parameter
};

using AdamW = BasicAdamW<float>;

extern template class BasicAdamW<float>;
extern template class BasicAdamW<double>;

}  // namespace xtape::nn
