// LayerNorm: each row brought to mean 0 and variance 1, then scaled and shifted.
#pragma once

#include <optional>

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct LayerNormConfig {
  index_t features = 0;
  double eps = 1e-5;
  bool bias = true;
};

/// y = (x - mean) / sqrt(variance + eps) * weight + bias, over the last axis. The weight starts at 1, the
/// bias at 0. Throws ValueError for features below 1. torch.nn.LayerNorm.
template <Real T>
class BasicLayerNorm : public BasicModule<T> {
 public:
  explicit BasicLayerNorm(LayerNormConfig config, Here at = Here::now());
  /// A generator is taken as by every module, and not drawn from.
  BasicLayerNorm(LayerNormConfig config, Generator&, Here at = Here::now()) : BasicLayerNorm(config, at) {}
  explicit BasicLayerNorm(index_t features, Here at = Here::now())
      : BasicLayerNorm(LayerNormConfig{features}, at) {}

  /// x (..., features) -> the same shape.
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  LayerNormConfig config() const { return config_; }

  BasicTensor<T> weight;               // (features,)
  std::optional<BasicTensor<T>> bias;  // (features,)

 private:
  LayerNormConfig config_;
};

using LayerNorm = BasicLayerNorm<float>;

extern template class BasicLayerNorm<float>;
extern template class BasicLayerNorm<double>;

}  // namespace xtape::nn
