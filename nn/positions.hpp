// Positions: what tells attention where in a sequence it is, added to the channels.
#pragma once

#include <xtape/core/random.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::nn {

struct PositionsConfig {
  index_t max_length = 0;  ///< the longest sequence
  index_t channels = 0;
};

/// x + sinusoidal_positions(T, C): sines and cosines of many wavelengths, without parameters (Vaswani et al.,
/// "Attention is all you need", 2017, section 3.5). Throws ValueError for sizes below 1.
template <Real T>
class BasicSinusoidalPositions : public BasicModule<T> {
 public:
  explicit BasicSinusoidalPositions(PositionsConfig config, Here at = Here::now());
  /// A generator is taken as by every module, and not drawn from.
  BasicSinusoidalPositions(PositionsConfig config, Generator&, Here at = Here::now())
      : BasicSinusoidalPositions(config, at) {}

  /// x (B, T, C) -> (B, T, C). Throws ShapeError where T exceeds max_length.
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>&) override {}
  PositionsConfig config() const { return config_; }

 private:
  PositionsConfig config_;
  BasicTensor<T> table_;  // (max_length, C)
};

/// x + weight[0 .. T - 1]: a vector for each position, learned as the rest. The weight starts normal with
/// deviation 0.02. Throws ValueError for sizes below 1. torch.nn.Embedding of 0, 1, ...
template <Real T>
class BasicLearnedPositions : public BasicModule<T> {
 public:
  explicit BasicLearnedPositions(PositionsConfig config, Generator& generator = default_generator(),
                                 Here at = Here::now());

  /// x (B, T, C) -> (B, T, C). Throws ShapeError where T exceeds max_length.
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  PositionsConfig config() const { return config_; }

  BasicTensor<T> weight;  // (max_length, C)

 private:
  PositionsConfig config_;
};

using SinusoidalPositions = BasicSinusoidalPositions<float>;
using LearnedPositions = BasicLearnedPositions<float>;

extern template class BasicSinusoidalPositions<float>;
extern template class BasicSinusoidalPositions<double>;
extern template class BasicLearnedPositions<float>;
extern template class BasicLearnedPositions<double>;

}  // namespace xtape::nn
