// Activation functions: a formula each.
#include <xtape/ops/activation.hpp>

#include <xtape/core/error.hpp>
#include <xtape/ops/elementwise.hpp>

#include <fmt/format.h>

namespace xtape {

template <Real T>
BasicTensor<T> relu(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"relu", at}, [](auto v) { return relu(v); }, x);
}

template <Real T>
BasicTensor<T> leaky_relu(const BasicTensor<T>& x, LeakyReluOptions options, Here at) {
  return elementwise(
      {"leaky_relu", at}, [a = options.negative_slope](auto v) { return leaky_relu(v, a); }, x);
}

template <Real T>
BasicTensor<T> elu(const BasicTensor<T>& x, EluOptions options, Here at) {
  return elementwise(
      {"elu", at}, [a = options.alpha](auto v) { return elu(v, a); }, x);
}

template <Real T>
BasicTensor<T> sigmoid(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"sigmoid", at}, [](auto v) { return sigmoid(v); }, x);
}

template <Real T>
BasicTensor<T> log_sigmoid(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"log_sigmoid", at}, [](auto v) { return log_sigmoid(v); }, x);
}

template <Real T>
BasicTensor<T> softplus(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"softplus", at}, [](auto v) { return softplus(v); }, x);
}

template <Real T>
BasicTensor<T> silu(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"silu", at}, [](auto v) { return silu(v); }, x);
}

template <Real T>
BasicTensor<T> mish(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"mish", at}, [](auto v) { return mish(v); }, x);
}

template <Real T>
BasicTensor<T> hard_tanh(const BasicTensor<T>& x, HardTanhOptions options, Here at) {
  if (!(options.min <= options.max))
    raise<ValueError>(
        fmt::format("hard_tanh: min = {} is not at or below max = {}", options.min, options.max), at);
  return elementwise(
      {"hard_tanh", at}, [=](auto v) { return hard_tanh(v, options.min, options.max); }, x);
}

template <Real T>
BasicTensor<T> hard_sigmoid(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"hard_sigmoid", at}, [](auto v) { return hard_sigmoid(v); }, x);
}

template <Real T>
BasicTensor<T> erf(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"erf", at}, [](auto v) { return erf(v); }, x);
}

template <Real T>
BasicTensor<T> gelu(const BasicTensor<T>& x, GeluOptions options, Here at) {
  const OpName op("gelu", at);
  if (options.approximate == Gelu::tanh)
    return elementwise(
        op, [](auto v) { return gelu_tanh(v); }, x);
  return elementwise(
      op, [](auto v) { return gelu(v); }, x);
}

template BasicTensor<float> relu(const BasicTensor<float>&, Here);
template BasicTensor<double> relu(const BasicTensor<double>&, Here);
template BasicTensor<float> leaky_relu(const BasicTensor<float>&, LeakyReluOptions, Here);
template BasicTensor<double> leaky_relu(const BasicTensor<double>&, LeakyReluOptions, Here);
template BasicTensor<float> elu(const BasicTensor<float>&, EluOptions, Here);
template BasicTensor<double> elu(const BasicTensor<double>&, EluOptions, Here);
template BasicTensor<float> sigmoid(const BasicTensor<float>&, Here);
template BasicTensor<double> sigmoid(const BasicTensor<double>&, Here);
template BasicTensor<float> log_sigmoid(const BasicTensor<float>&, Here);
template BasicTensor<double> log_sigmoid(const BasicTensor<double>&, Here);
template BasicTensor<float> softplus(const BasicTensor<float>&, Here);
template BasicTensor<double> softplus(const BasicTensor<double>&, Here);
template BasicTensor<float> silu(const BasicTensor<float>&, Here);
template BasicTensor<double> silu(const BasicTensor<double>&, Here);
template BasicTensor<float> mish(const BasicTensor<float>&, Here);
template BasicTensor<double> mish(const BasicTensor<double>&, Here);
template BasicTensor<float> hard_tanh(const BasicTensor<float>&, HardTanhOptions, Here);
template BasicTensor<double> hard_tanh(const BasicTensor<double>&, HardTanhOptions, Here);
template BasicTensor<float> hard_sigmoid(const BasicTensor<float>&, Here);
template BasicTensor<double> hard_sigmoid(const BasicTensor<double>&, Here);
template BasicTensor<float> erf(const BasicTensor<float>&, Here);
template BasicTensor<double> erf(const BasicTensor<double>&, Here);
template BasicTensor<float> gelu(const BasicTensor<float>&, GeluOptions, Here);
template BasicTensor<double> gelu(const BasicTensor<double>&, GeluOptions, Here);

}  // namespace xtape
