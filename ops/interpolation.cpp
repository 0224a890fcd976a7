// Between two tensors: a formula.
#include <xtape/ops/interpolation.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> lerp(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, double weight,
                    Here at) {
  return elementwise(
      {"lerp", at}, [weight](auto u, auto v) { return lerp(u, v, weight); }, a, b);
}

template <Real T>
BasicTensor<T> lerp(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                    const std::type_identity_t<BasicTensor<T>>& weight, Here at) {
  return elementwise<3>(
      {"lerp", at}, [](auto u, auto v, auto w) { return lerp(u, v, w); }, a, b, weight);
}

template Tensor lerp<float>(const Tensor&, const Tensor&, double, Here);
template Tensor64 lerp<double>(const Tensor64&, const Tensor64&, double, Here);
template Tensor lerp<float>(const Tensor&, const Tensor&, const Tensor&, Here);
template Tensor64 lerp<double>(const Tensor64&, const Tensor64&, const Tensor64&, Here);

}  // namespace xtape
