// Small modules for the tests of what all modules share.
#pragma once

#include <optional>
#include <vector>

#include <xtape/core/creation.hpp>
#include <xtape/nn/module.hpp>

namespace xtape::test {

struct AffineConfig {
  index_t in = 2;
  index_t out = 3;
  bool bias = true;
};

/// A weight (out, in) and, where asked for, a bias (out,).
template <Real T>
class BasicAffine : public nn::BasicModule<T> {
 public:
  explicit BasicAffine(AffineConfig config = {})
      : weight(ones<T>({config.out, config.in}).requires_grad_()), config_(config) {
    if (config.bias) bias = zeros<T>({config.out}).requires_grad_();
  }
  template <class Generator>
  BasicAffine(AffineConfig config, Generator&) : BasicAffine(config) {}

  AffineConfig config() const { return config_; }
  void visit(nn::Visitor<T>& v) override {
    v("weight", weight);
    v("bias", bias);
  }

  BasicTensor<T> weight;
  std::optional<BasicTensor<T>> bias;

 private:
  AffineConfig config_;
};

/// A stem, a row of layers, a head that may share the stem's weight, and buffers of every type.
template <Real T>
class BasicToy : public nn::BasicModule<T> {
 public:
  void visit(nn::Visitor<T>& v) override {
    v("stem", stem);
    v("h", layers);
    v("head", head);
    v("scale", scale);
    v.buffer("mean", mean);
    v.buffer("exact", exact);
    v.buffer("ids", ids);
    v.buffer("keep", keep);
  }
  void tie() { head.weight = stem.weight; }

  BasicAffine<T> stem{AffineConfig{2, 3}};
  std::vector<BasicAffine<T>> layers{2};
  BasicAffine<T> head{AffineConfig{.in = 2, .out = 3, .bias = false}};
  BasicTensor<T> scale = full<T>({}, 1).requires_grad_();
  BasicTensor<T> mean = zeros<T>({3});
  Tensor64 exact = {0.1, 0.2};
  Indices ids = {1, 2, 3};
  Mask keep = {true, false};
};

using Affine = BasicAffine<float>;
using Toy = BasicToy<float>;

}  // namespace xtape::test
