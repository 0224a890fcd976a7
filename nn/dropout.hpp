// Dropout: values zeroed at random while training.
#pragma once

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct DropoutConfig {
  double p = 0.5;                  ///< the probability that a value is zeroed
  Generator* generator = nullptr;  ///< must outlive the module; null means default_generator()
};

/// While training, each value is zeroed with probability p and else divided by 1 - p; in eval mode x itself.
/// Throws ValueError for p outside [0, 1]. torch.nn.Dropout.
template <Real T>
class BasicDropout : public BasicModule<T> {
 public:
  explicit BasicDropout(DropoutConfig config = {}, Here at = Here::now());
  /// A generator is taken as by every module, and not drawn from: see DropoutConfig.
  BasicDropout(DropoutConfig config, Generator&, Here at = Here::now()) : BasicDropout(config, at) {}
  explicit BasicDropout(double p, Here at = Here::now()) : BasicDropout(DropoutConfig{p}, at) {}

  /// x of any shape -> the same shape.
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>&) override {}
  DropoutConfig config() const { return config_; }

 private:
  DropoutConfig config_;
};

using Dropout = BasicDropout<float>;

extern template class BasicDropout<float>;
extern template class BasicDropout<double>;

}  // namespace xtape::nn
