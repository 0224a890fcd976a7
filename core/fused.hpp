// Gradients of fused ops: a kernel where nothing is recorded, the op's composed form where it is.
#pragma once

#include <array>

#include <xtape/core/backward.hpp>
#include <xtape/core/record.hpp>

namespace xtape {

/// Calls the kernel's gradient, or, where gradients are recorded (create_graph), the composed one: both are
/// f(arguments...) and give the same values.
template <class Kernel, class Composed, class... A>
auto fused(Kernel kernel, Composed composed, const A&... arguments) {
  return grad_enabled() ? composed(arguments...) : kernel(arguments...);
}

/// x itself, as the result of an op: the place where a gradient that stops at x can be asked for.
template <Real T>
BasicTensor<T> alias(const BasicTensor<T>& x) {
  return record("alias", x.detach(), wrt(x, [](const auto& gy) { return gy; }));
}

/// The vector-Jacobian product of an op by its composed form: composed(x0, x1, ...) is run on the inputs and
/// walked, recording. Inputs that depend on each other count as independent. Entries of inputs without
/// needs[i] are left empty.
template <Real T, std::size_t N, class F>
std::array<BasicTensor<T>, N> composed_vjp(F composed, const std::array<BasicTensor<T>, N>& inputs,
                                           const BasicTensor<T>& gy, const std::array<bool, N>& needs) {
  const EnableGrad recording;
  std::array<BasicTensor<T>, N> aliases;
  std::vector<BasicTensor<T>> wanted;
  for (std::size_t i = 0; i < N; ++i) {
    aliases[i] = needs[i] ? alias(inputs[i]) : inputs[i];
    if (needs[i]) wanted.push_back(aliases[i]);
  }
  const auto y = std::apply([&](const auto&... x) { return composed(x...); }, aliases);
  const auto gradients =
      grad(std::vector<BasicTensor<T>>{y}, wanted,
           GradOptions<T>{.grad_outputs = {gy}, .create_graph = true, .allow_unused = true});
  std::array<BasicTensor<T>, N> result;
  for (std::size_t i = 0, next = 0; i < N; ++i)
    if (needs[i]) result[i] = gradients[next++];
  return result;
}

}  // namespace xtape
