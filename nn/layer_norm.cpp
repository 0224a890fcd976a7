// LayerNorm.
#include <xtape/nn/layer_norm.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/layer_norm.hpp>

namespace xtape::nn {

template <Real T>
BasicLayerNorm<T>::BasicLayerNorm(LayerNormConfig config, Here at)
    : weight(parameter<T>({check_size("LayerNorm", "features", config.features, at)}, 1)), config_(config) {
  if (config.bias) bias = parameter<T>({config.features});
}

template <Real T>
BasicTensor<T> BasicLayerNorm<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  return layer_norm(x, weight, bias, {.eps = config_.eps}, at);
}

template <Real T>
void BasicLayerNorm<T>::visit(Visitor<T>& v) {
  v("weight", weight);
  v("bias", bias);
}

template class BasicLayerNorm<float>;
template class BasicLayerNorm<double>;

}  // namespace xtape::nn
