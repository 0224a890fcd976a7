// What tests of fused ops share: random tensors, and both ways to their gradients.
#pragma once

#include <limits>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/random.hpp>
#include "tests/support/tensors.hpp"

namespace xtape::test {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Normal values, the same for the same seed.
template <Real T = double>
BasicTensor<T> random(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn<T>(shape, generator);
}

/// The same as a leaf that takes gradients.
template <Real T = double>
BasicTensor<T> random_leaf(const Shape& shape, std::uint64_t seed) {
  return random<T>(shape, seed).requires_grad_();
}

/// The values of several tensors one after the other, for comparing bits.
template <Real T>
std::vector<T> values(const std::vector<BasicTensor<T>>& tensors) {
  std::vector<T> all;
  for (const auto& x : tensors) all.insert(all.end(), x.data(), x.data() + x.size());
  return all;
}

/// The gradients of <f(inputs), gy> for the inputs, by kernels and by composed forms (core/fused.hpp), which
/// have to agree.
template <class F>
std::vector<Tensor64> agreed_gradients(F f, const std::vector<Tensor64>& inputs, const Tensor64& gy,
                                       double rtol = 1e-13) {
  std::vector<Tensor64> leaves;
  for (const auto& x : inputs) leaves.push_back(x.detach().requires_grad_());
  const std::vector<Tensor64> y{f(leaves)};
  const auto kernel = grad(y, leaves, {.grad_outputs = {gy}, .retain_graph = true});
  const auto composed = grad(y, leaves, {.grad_outputs = {gy}, .create_graph = true});
  for (std::size_t i = 0; i < leaves.size(); ++i) BOOST_TEST(close(composed[i], kernel[i], rtol));
  return kernel;
}

}  // namespace xtape::test
