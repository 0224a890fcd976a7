// sigmoid and its kin, relu and its kin: the functions of neural networks, stable at any argument.
#pragma once

#include <xtape/ops/formula/error_function.hpp>
#include <xtape/ops/formula/exponential.hpp>
#include <xtape/ops/formula/hyperbolic.hpp>
#include <xtape/ops/formula/selection.hpp>

namespace xtape::formula {

/// 1 / (1 + e^-x), without the overflow of that form.
template <Real T, class Arch>
Packet<T, Arch> sigmoid(Packet<T, Arch> x) {
  const auto e = exp(-abs(x));
  const auto r = 1 / (e + 1);
  return select(x < 0, e * r, r);
}

/// sigmoid'(x) = sigmoid(x) sigmoid(-x).
template <Real T, class Arch>
Packet<T, Arch> sigmoid_slope(Packet<T, Arch> x) {
  const auto e = exp(-abs(x));
  const auto r = 1 / (e + 1);
  return e * r * r;
}

/// log(1 + e^x), without the overflow of that form.
template <Real T, class Arch>
Packet<T, Arch> softplus(Packet<T, Arch> x) {
  return relu(x) + log1p(exp(-abs(x)));
}

template <AnyDual X>
auto sigmoid(const X& x) {
  return vanishing_chain(x, sigmoid(x.value), sigmoid_slope(x.value));
}

template <AnyDual X>
auto sigmoid_slope(const X& x) {
  const auto y = sigmoid_slope(x.value);
  return vanishing_chain(x, y, -y * tanh(0.5 * x.value));
}

template <AnyDual X>
auto softplus(const X& x) {
  return vanishing_chain(x, softplus(x.value), sigmoid(x.value));
}

template <Number X>
auto log_sigmoid(const X& x) {
  return -softplus(-x);
}

template <Number X>
auto silu(const X& x) {
  return vanishing_product(sigmoid(x), x);
}

/// x times the normal distribution function of x.
template <Number X>
auto gelu(const X& x) {
  return vanishing_product(normal_cdf(x), x);
}

/// x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), which is x sigmoid(2 u).
template <Number X>
auto gelu_tanh(const X& x) {
  return vanishing_product(sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x)), x);
}

template <Number X>
auto mish(const X& x) {
  return vanishing_product(tanh(softplus(x)), x);
}

template <Number X>
auto hard_sigmoid(const X& x) {
  return hard_tanh(x + 3, 0, 6) / 6;
}

template <Number X>
auto leaky_relu(const X& x, double slope) {
  return select(x > 0, x, slope * x);
}

template <Number X>
auto elu(const X& x, double alpha) {
  return select(x > 0, x, alpha * expm1(x));
}

}  // namespace xtape::formula
