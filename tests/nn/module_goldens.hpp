// A module against the values and gradients that PyTorch gives for it.
#pragma once

#include <xtape/nn/module.hpp>

#include "tests/support/goldens.hpp"

namespace xtape::test {

/// Loads the module's parameters from a golden, all of them.
inline void load_from(nn::BasicModule<double>& module, const nn::StateDict& state) {
  const auto report = module.load_state_dict(state, {.strict = false});
  for (const auto& name : report.missing) BOOST_ERROR("the golden lacks " << name);
}

/// Compares the gradient that a leaf has with "grad.NAME".
inline void check_grad(const nn::StateDict& state, const std::string& name, const Tensor64& leaf) {
  BOOST_TEST_CONTEXT(name)
  BOOST_TEST(difference(leaf.grad(), state.get<Tensor64>("grad." + name)) < 1e-12);
}

inline void check_grads_of(const nn::BasicModule<double>& module, const nn::StateDict& state) {
  for (const auto& [name, x] : module.named_parameters()) check_grad(state, name, x);
}

/// Compares y, walks back from it with the golden's cotangent, and compares the gradients of all parameters.
inline void check_result(const nn::BasicModule<double>& module, const nn::StateDict& state,
                         const Tensor64& y) {
  BOOST_TEST(difference(y, state.get<Tensor64>("y")) < 1e-12);
  y.backward(state.get<Tensor64>("cotangent"));
  check_grads_of(module, state);
}

/// An input of the golden, as a leaf.
inline Tensor64 leaf_from(const nn::StateDict& state, const std::string& name) {
  return state.get<Tensor64>(name).clone().requires_grad_();
}

}  // namespace xtape::test
