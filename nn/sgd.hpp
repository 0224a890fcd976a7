// SGD: stochastic gradient descent, with momentum.
#pragma once

#include <optional>

#include <xtape/nn/optimizer.hpp>

namespace xtape::nn {

struct SGDConfig {
  double lr = 1e-3;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
  std::optional<double> max_grad_norm = {};  ///< as AdamW's
};

/// g += weight_decay p; velocity = momentum velocity + g; p -= lr velocity, or lr (g + momentum velocity)
/// with nesterov. torch.optim.SGD.
template <Real T>
class BasicSGD : public BasicOptimizer<T> {
 public:
  /// Throws ValueError for nesterov without momentum.
  explicit BasicSGD(std::vector<BasicParamGroup<T>> groups, SGDConfig settings = {}, Here at = Here::now());
  explicit BasicSGD(std::vector<BasicTensor<T>> parameters, SGDConfig settings = {}, Here at = Here::now())
      : BasicSGD(std::vector<BasicParamGroup<T>>{{std::move(parameters)}}, settings, at) {}

  void step(Here at = Here::now()) override;
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state, Here at = Here::now()) override;

  SGDConfig config;  ///< may be changed between steps

 private:
  std::vector<BasicTensor<T>> velocity_;
};

using SGD = BasicSGD<float>;

extern template class BasicSGD<float>;
extern template class BasicSGD<double>;

}  // namespace xtape::nn
