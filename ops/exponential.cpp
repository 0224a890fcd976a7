// Exponentials and logarithms of tensors: a formula each.
#include <xtape/ops/exponential.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> exp(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"exp", at}, [](auto v) { return exp(v); }, x);
}

template <Real T>
BasicTensor<T> expm1(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"expm1", at}, [](auto v) { return expm1(v); }, x);
}

template <Real T>
BasicTensor<T> log(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"log", at}, [](auto v) { return log(v); }, x);
}

template <Real T>
BasicTensor<T> log1p(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"log1p", at}, [](auto v) { return log1p(v); }, x);
}

template <Real T>
BasicTensor<T> log2(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"log2", at}, [](auto v) { return log2(v); }, x);
}

template BasicTensor<float> exp(const BasicTensor<float>&, Here);
template BasicTensor<double> exp(const BasicTensor<double>&, Here);
template BasicTensor<float> expm1(const BasicTensor<float>&, Here);
template BasicTensor<double> expm1(const BasicTensor<double>&, Here);
template BasicTensor<float> log(const BasicTensor<float>&, Here);
template BasicTensor<double> log(const BasicTensor<double>&, Here);
template BasicTensor<float> log1p(const BasicTensor<float>&, Here);
template BasicTensor<double> log1p(const BasicTensor<double>&, Here);
template BasicTensor<float> log2(const BasicTensor<float>&, Here);
template BasicTensor<double> log2(const BasicTensor<double>&, Here);

}  // namespace xtape
