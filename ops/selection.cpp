// Choices between numbers: a formula each.
#include <xtape/ops/selection.hpp>

#include <xtape/ops/elementwise.hpp>

namespace xtape {

template <Real T>
BasicTensor<T> maximum(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, Here at) {
  return elementwise(
      {"maximum", at}, [](auto u, auto v) { return max(u, v); }, a, b);
}

template <Real T>
BasicTensor<T> minimum(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b, Here at) {
  return elementwise(
      {"minimum", at}, [](auto u, auto v) { return min(u, v); }, a, b);
}

template <Real T>
BasicTensor<T> clip(const BasicTensor<T>& x, ClipOptions options, Here at) {
  return elementwise(
      {"clip", at}, [=](auto v) { return clip(v, options.min, options.max); }, x);
}

template <Real T>
BasicTensor<T> clip(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& min,
                    const std::type_identity_t<BasicTensor<T>>& max, Here at) {
  return elementwise(
      {"clip", at}, [](auto v, auto low, auto high) { return clip(v, low, high); }, x, min, max);
}

template BasicTensor<float> maximum<float>(const BasicTensor<float>&, const BasicTensor<float>&, Here);
template BasicTensor<double> maximum<double>(const BasicTensor<double>&, const BasicTensor<double>&, Here);
template BasicTensor<float> minimum<float>(const BasicTensor<float>&, const BasicTensor<float>&, Here);
template BasicTensor<double> minimum<double>(const BasicTensor<double>&, const BasicTensor<double>&, Here);
template BasicTensor<float> clip(const BasicTensor<float>&, ClipOptions, Here);
template BasicTensor<double> clip(const BasicTensor<double>&, ClipOptions, Here);
template BasicTensor<float> clip<float>(const BasicTensor<float>&, const BasicTensor<float>&,
                                        const BasicTensor<float>&, Here);
template BasicTensor<double> clip<double>(const BasicTensor<double>&, const BasicTensor<double>&,
                                          const BasicTensor<double>&, Here);

}  // namespace xtape
