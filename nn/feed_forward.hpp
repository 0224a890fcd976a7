// FeedForward: the two-layer network between attentions.
#pragma once

#include <xtape/nn/dropout.hpp>
#include <xtape/nn/linear.hpp>

namespace xtape::nn {

/// What stands between two linear maps.
enum class Activation { gelu, gelu_tanh, relu };

/// The activation of x, elementwise; gelu is the exact one, gelu_tanh its approximation.
template <Real T>
BasicTensor<T> activate(const BasicTensor<T>& x, Activation activation, Here at = Here::now());

struct FeedForwardConfig {
  index_t n_embd = 0;
  index_t hidden = 0;  ///< 0 means 4 n_embd
  Activation activation = Activation::gelu;
  double dropout = 0;  ///< of the result
  bool bias = true;
};

/// y = dropout(c_proj(activation(c_fc(x)))), at each position alone. The MLP of nanoGPT, with its names.
template <Real T>
class BasicFeedForward : public BasicModule<T> {
 public:
  explicit BasicFeedForward(FeedForwardConfig config, Generator& generator = default_generator(),
                            Here at = Here::now());

  /// x (..., C) -> (..., C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  FeedForwardConfig config() const { return config_; }

  BasicLinear<T> c_fc;    // (hidden, C)
  BasicLinear<T> c_proj;  // (C, hidden)
  BasicDropout<T> dropout;

 private:
  FeedForwardConfig config_;
};

using FeedForward = BasicFeedForward<float>;

extern template class BasicFeedForward<float>;
extern template class BasicFeedForward<double>;

}  // namespace xtape::nn
