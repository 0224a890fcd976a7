// Linear.
#include <xtape/nn/linear.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/linear.hpp>

#include <cmath>

namespace xtape::nn {

template <Real T>
BasicLinear<T>::BasicLinear(LinearConfig config, Generator& generator, Here at)
    : weight(parameter<T>({check_size("Linear", "out_features", config.out_features, at),
                           check_size("Linear", "in_features", config.in_features, at)})),
      config_(config) {
  const double bound = 1 / std::sqrt(static_cast<double>(config.in_features));
  init::uniform_(weight, -bound, bound, generator, at);
  if (!config.bias) return;
  bias = parameter<T>({config.out_features});
  init::uniform_(*bias, -bound, bound, generator, at);
}

template <Real T>
BasicTensor<T> BasicLinear<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  return linear(x, weight, bias, at);
}

template <Real T>
void BasicLinear<T>::visit(Visitor<T>& v) {
  v("weight", weight);
  v("bias", bias);
}

template class BasicLinear<float>;
template class BasicLinear<double>;

}  // namespace xtape::nn
