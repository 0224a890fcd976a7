// Powers and roots of tensors: a formula each.
#include <xtape/ops/power.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> sqrt(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"sqrt", at}, [](auto v) { return sqrt(v); }, x);
}

template <Real T>
BasicTensor<T> rsqrt(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"rsqrt", at}, [](auto v) { return rsqrt(v); }, x);
}

template <Real T>
BasicTensor<T> square(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"square", at}, [](auto v) { return square(v); }, x);
}

template <Real T>
BasicTensor<T> reciprocal(const BasicTensor<T>& x, Here at) {
  return elementwise(
      {"reciprocal", at}, [](auto v) { return reciprocal(v); }, x);
}

template <Real T>
BasicTensor<T> pow(const BasicTensor<T>& x, double exponent, Here at) {
  const OpName op("pow", at);
  if (exponent == 2)
    return elementwise(
        op, [](auto v) { return square(v); }, x);
  if (exponent == 3)
    return elementwise(
        op, [](auto v) { return square(v) * v; }, x);
  return elementwise(
      op, [exponent](auto v) { return pow(v, exponent); }, x);
}

template <Real T>
BasicTensor<T> pow(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& exponent, Here at) {
  return elementwise(
      {"pow", at}, [](auto v, auto e) { return pow(v, e); }, x, exponent);
}

template <Real T>
BasicTensor<T> pow(double base, const BasicTensor<T>& exponent, Here at) {
  return elementwise(
      {"pow", at}, [base](auto e) { return pow(base, e); }, exponent);
}

template BasicTensor<float> sqrt(const BasicTensor<float>&, Here);
template BasicTensor<double> sqrt(const BasicTensor<double>&, Here);
template BasicTensor<float> rsqrt(const BasicTensor<float>&, Here);
template BasicTensor<double> rsqrt(const BasicTensor<double>&, Here);
template BasicTensor<float> square(const BasicTensor<float>&, Here);
template BasicTensor<double> square(const BasicTensor<double>&, Here);
template BasicTensor<float> reciprocal(const BasicTensor<float>&, Here);
template BasicTensor<double> reciprocal(const BasicTensor<double>&, Here);
template BasicTensor<float> pow(const BasicTensor<float>&, double, Here);
template BasicTensor<double> pow(const BasicTensor<double>&, double, Here);
template BasicTensor<float> pow<float>(const BasicTensor<float>&, const BasicTensor<float>&, Here);
template BasicTensor<double> pow<double>(const BasicTensor<double>&, const BasicTensor<double>&, Here);
template BasicTensor<float> pow(double, const BasicTensor<float>&, Here);
template BasicTensor<double> pow(double, const BasicTensor<double>&, Here);

}  // namespace xtape
