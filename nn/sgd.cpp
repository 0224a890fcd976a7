// SGD.
#include <xtape/nn/sgd.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/nn/optimizer_impl.hpp>
#include <xtape/ops/kernels/optimizers.hpp>

namespace xtape::nn {

template <Real T>
BasicSGD<T>::BasicSGD(std::vector<BasicParamGroup<T>> groups, SGDConfig settings, Here at)
    : BasicOptimizer<T>("SGD", std::move(groups), at),
      config(settings),
      velocity_(this->zeros_for_parameters()) {
  if (config.nesterov && config.momentum == 0)
    raise<ValueError>("SGD: nesterov needs momentum; set .momentum", at);
}

template <Real T>
void BasicSGD<T>::step(Here at) {
  check_not_negative("SGD", "lr", config.lr, at);
  check_decay("SGD", "momentum", config.momentum, at);
  check_not_negative("SGD", "weight_decay", config.weight_decay, at);
  if (config.max_grad_norm) check_not_negative("SGD", "max_grad_norm", *config.max_grad_norm, at);
  const NoGrad writing;
  const Work step({"SGD", at});
  std::vector<BasicTensor<T>> gradients;  // kept while the kernel reads them
  std::vector<kernels::SgdParameter<T>> parameters;
  for (std::size_t i = 0; i < this->slots().size(); ++i) {
    const auto& slot = this->slots()[i];
    if (!slot.parameter.has_grad()) continue;
    const auto& group = this->group_of(slot);
    auto parameter = slot.parameter;
    gradients.push_back(parameter.grad());
    T* velocity = config.momentum != 0 ? velocity_[i].mutable_data(at) : nullptr;
    parameters.push_back({parameter.mutable_data(at), gradients.back().data(), velocity, parameter.size(),
                          config.lr * group.lr_scale, group.weight_decay.value_or(config.weight_decay)});
  }
  kernels::sgd<T>(parameters,
                  {config.momentum, config.nesterov, clip_factor_of<T>(parameters, config.max_grad_norm)});
}

template <Real T>
StateDict BasicSGD<T>::state_dict() const {
  StateDict state;
  add_numbered(state, "velocity", velocity_);
  return state;
}

template <Real T>
void BasicSGD<T>::load_state_dict(const StateDict& state, Here at) {
  velocity_ = numbered(state, "velocity", velocity_, at);
}

template class BasicSGD<float>;
template class BasicSGD<double>;

}  // namespace xtape::nn
