// Optimisers: what all of them share.
#pragma once

#include <optional>
#include <vector>

#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// Parameters that are updated by the same rule.
template <Real T>
struct BasicParamGroup {
  std::vector<BasicTensor<T>> parameters;
  std::optional<double> weight_decay = {};  ///< where it differs from the optimiser's config
  double lr_scale = 1;                      ///< times the config's learning rate
};

using ParamGroup = BasicParamGroup<float>;

/// Two groups, as GPTs are trained: matrices and whatever else has two or more axes, with this weight decay,
/// then biases and norms, without.
template <Real T>
std::vector<BasicParamGroup<T>> decay_groups(const std::vector<BasicTensor<T>>& parameters,
                                             double weight_decay);

/// Base of the optimisers. Each parameter is updated once, however often it is named; one that has no
/// gradient is left alone. Constructors throw GraphError for a parameter that is no leaf, step() throws
/// ValueError for settings that make no sense: decays and momentum lie in [0, 1), the others are 0 or more.
template <Real T>
class BasicOptimizer {
 public:
  BasicOptimizer(BasicOptimizer&&) = default;
  BasicOptimizer& operator=(BasicOptimizer&&) = default;
  BasicOptimizer(const BasicOptimizer&) = delete;
  BasicOptimizer& operator=(const BasicOptimizer&) = delete;
  virtual ~BasicOptimizer() = default;

  /// Updates the parameters with the gradients that they have now.
  virtual void step(Here at = Here::now()) = 0;
  /// What the optimiser remembers from step to step, by the position of the parameter: "exp_avg.0". Values
  /// are shared, not copied.
  virtual StateDict state_dict() const = 0;
  /// Goes on from a remembered state. Throws ValueError where it is not one of this optimiser with these
  /// parameters, and then changes nothing.
  virtual void load_state_dict(const StateDict& state, Here at = Here::now()) = 0;

  /// Drops the gradients of all parameters.
  void zero_grad();
  const std::vector<BasicParamGroup<T>>& groups() const { return groups_; }

 protected:
  /// One parameter and the group whose rule it follows.
  struct Slot {
    BasicTensor<T> parameter;
    std::size_t group;
  };

  BasicOptimizer(const char* name, std::vector<BasicParamGroup<T>> groups, Here at);

  const std::vector<Slot>& slots() const { return slots_; }
  const BasicParamGroup<T>& group_of(const Slot& slot) const { return groups_[slot.group]; }
  /// A zero for each element of each parameter.
  std::vector<BasicTensor<T>> zeros_for_parameters() const;

 private:
  std::vector<BasicParamGroup<T>> groups_;
  std::vector<Slot> slots_;
};

extern template class BasicOptimizer<float>;
extern template class BasicOptimizer<double>;

}  // namespace xtape::nn
