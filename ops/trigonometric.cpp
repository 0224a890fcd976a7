// Trigonometric and hyperbolic functions of tensors: a formula each.
#include <xtape/ops/trigonometric.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> sin(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"sin", at}, [](auto v) { return sin(v); }, x);
}

template <Real T>
BasicTensor<T> cos(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"cos", at}, [](auto v) { return cos(v); }, x);
}

template <Real T>
BasicTensor<T> tan(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"tan", at}, [](auto v) { return tan(v); }, x);
}

template <Real T>
BasicTensor<T> atan(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"atan", at}, [](auto v) { return atan(v); }, x);
}

template <Real T>
BasicTensor<T> atan2(const BasicTensor<T>& y, const std::type_identity_t<BasicTensor<T>>& x, Here at) {
  return elementwise(
      {"atan2", at}, [](auto v, auto u) { return atan2(v, u); }, y, x);
}

template <Real T>
BasicTensor<T> sinh(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"sinh", at}, [](auto v) { return sinh(v); }, x);
}

template <Real T>
BasicTensor<T> cosh(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"cosh", at}, [](auto v) { return cosh(v); }, x);
}

template <Real T>
BasicTensor<T> tanh(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"tanh", at}, [](auto v) { return tanh(v); }, x);
}

template BasicTensor<float> sin(const BasicTensor<float>&, Here);
template BasicTensor<double> sin(const BasicTensor<double>&, Here);
template BasicTensor<float> cos(const BasicTensor<float>&, Here);
template BasicTensor<double> cos(const BasicTensor<double>&, Here);
template BasicTensor<float> tan(const BasicTensor<float>&, Here);
template BasicTensor<double> tan(const BasicTensor<double>&, Here);
template BasicTensor<float> atan(const BasicTensor<float>&, Here);
template BasicTensor<double> atan(const BasicTensor<double>&, Here);
template BasicTensor<float> atan2<float>(const BasicTensor<float>&, const BasicTensor<float>&, Here);
template BasicTensor<double> atan2<double>(const BasicTensor<double>&, const BasicTensor<double>&, Here);
template BasicTensor<float> sinh(const BasicTensor<float>&, Here);
template BasicTensor<double> sinh(const BasicTensor<double>&, Here);
template BasicTensor<float> cosh(const BasicTensor<float>&, Here);
template BasicTensor<double> cosh(const BasicTensor<double>&, Here);
template BasicTensor<float> tanh(const BasicTensor<float>&, Here);
template BasicTensor<double> tanh(const BasicTensor<double>&, Here);

}  // namespace xtape
