// Linear: an affine map of the last axis.
#pragma once

#include <optional>

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct LinearConfig {
  index_t in_features = 0;
  index_t out_features = 0;
  bool bias = true;
};

/// y = x weight^T + bias over the last axis. Weight and bias start uniform within 1 / sqrt(in_features) of 0.
/// Throws ValueError for sizes below 1. torch.nn.Linear.
template <Real T>
class BasicLinear : public BasicModule<T> {
 public:
  explicit BasicLinear(LinearConfig config, Generator& generator = default_generator(),
                       Here at = Here::now());
  BasicLinear(index_t in_features, index_t out_features, Generator& generator = default_generator(),
              Here at = Here::now())
      : BasicLinear(LinearConfig{in_features, out_features}, generator, at) {}

  /// x (..., in_features) -> (..., out_features).
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  LinearConfig config() const { return config_; }

  BasicTensor<T> weight;               // (out_features, in_features)
  std::optional<BasicTensor<T>> bias;  // (out_features,)

 private:
  LinearConfig config_;
};

using Linear = BasicLinear<float>;

extern template class BasicLinear<float>;
extern template class BasicLinear<double>;

}  // namespace xtape::nn
