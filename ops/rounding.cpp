// Size, sign and rounding of tensors: a formula each.
#include <xtape/ops/rounding.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> abs(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"abs", at}, [](auto v) { return abs(v); }, x);
}

template <Real T>
BasicTensor<T> sign(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"sign", at}, [](auto v) { return sign(v); }, x);
}

template <Real T>
BasicTensor<T> floor(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"floor", at}, [](auto v) { return floor(v); }, x);
}

template <Real T>
BasicTensor<T> ceil(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"ceil", at}, [](auto v) { return ceil(v); }, x);
}

template <Real T>
BasicTensor<T> round(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"round", at}, [](auto v) { return round(v); }, x);
}

template BasicTensor<float> abs(const BasicTensor<float>&, Here);
template BasicTensor<double> abs(const BasicTensor<double>&, Here);
template BasicTensor<float> sign(const BasicTensor<float>&, Here);
template BasicTensor<double> sign(const BasicTensor<double>&, Here);
template BasicTensor<float> floor(const BasicTensor<float>&, Here);
template BasicTensor<double> floor(const BasicTensor<double>&, Here);
template BasicTensor<float> ceil(const BasicTensor<float>&, Here);
template BasicTensor<double> ceil(const BasicTensor<double>&, Here);
template BasicTensor<float> round(const BasicTensor<float>&, Here);
template BasicTensor<double> round(const BasicTensor<double>&, Here);

}  // namespace xtape
