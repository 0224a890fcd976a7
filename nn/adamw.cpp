// AdamW.
#include <xtape/nn/adamw.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/observer_impl.hpp>
#include <xtape/nn/optimizer_impl.hpp>
#include <xtape/ops/kernels/optimizers.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::nn {

template <Real T>
BasicAdamW<T>::BasicAdamW(std::vector<BasicParamGroup<T>> groups, AdamWConfig settings, Here at)
    : BasicOptimizer<T>("AdamW", std::move(groups), at),
      config(settings),
      exp_avg_(this->zeros_for_parameters()),
      exp_avg_sq_(this->zeros_for_parameters()),
      steps_(this->slots().size()) {}

template <Real T>
void BasicAdamW<T>::step(Here at) {
  check_not_negative("AdamW", "lr", config.lr, at);
  check_decay("AdamW", "betas[0]", config.betas[0], at);
  check_decay("AdamW", "betas[1]", config.betas[1], at);
  check_not_negative("AdamW", "eps", config.eps, at);
  check_not_negative("AdamW", "weight_decay", config.weight_decay, at);
  if (config.max_grad_norm) check_not_negative("AdamW", "max_grad_norm", *config.max_grad_norm, at);
  const NoGrad writing;
  const Work step({"AdamW", at});
  std::vector<BasicTensor<T>> gradients;  // kept while the kernel reads them
  std::vector<kernels::AdamwParameter<T>> parameters;
  for (std::size_t i = 0; i < this->slots().size(); ++i) {
    const auto& slot = this->slots()[i];
    if (!slot.parameter.has_grad()) continue;
    const auto& group = this->group_of(slot);
    auto parameter = slot.parameter;
    gradients.push_back(parameter.grad());
    parameters.push_back({parameter.mutable_data(at), gradients.back().data(), exp_avg_[i].mutable_data(at),
                          exp_avg_sq_[i].mutable_data(at), parameter.size(), config.lr * group.lr_scale,
                          group.weight_decay.value_or(config.weight_decay), ++steps_[i]});
  }
  kernels::adamw<T>(parameters, {config.betas[0], config.betas[1], config.eps,
                                 clip_factor_of<T>(parameters, config.max_grad_norm)});
}

template <Real T>
StateDict BasicAdamW<T>::state_dict() const {
  StateDict state;
  state.add("step", Indices(steps_));
  add_numbered(state, "exp_avg", exp_avg_);
  add_numbered(state, "exp_avg_sq", exp_avg_sq_);
  return state;
}

template <Real T>
void BasicAdamW<T>::load_state_dict(const StateDict& state, Here at) {
  const auto& steps = state.get<Indices>("step", at);
  if (steps.size() != static_cast<index_t>(steps_.size()))
    raise<ValueError>(fmt::format("optimizer: a state of {} parameters, not {}", steps.size(), steps_.size()),
                      at);
  constexpr std::int64_t most = std::int64_t{1} << 62;
  for (const std::int64_t* step = steps.data(); step != steps.data() + steps.size(); ++step)
    if (*step < 0 || *step > most)
      raise<ValueError>(fmt::format("optimizer: {} steps; they are from 0 to {}", *step, most), at);
  auto exp_avg = numbered(state, "exp_avg", exp_avg_, at);
  exp_avg_sq_ = numbered(state, "exp_avg_sq", exp_avg_sq_, at);
  exp_avg_ = std::move(exp_avg);
  steps_.assign(steps.data(), steps.data() + steps.size());
}

template class BasicAdamW<float>;
template class BasicAdamW<double>;

}  // namespace xtape::nn
