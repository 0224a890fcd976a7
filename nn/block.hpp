// Block: attention and a feed-forward network, each on a normalised input and added to it.
#pragma once

#include <xtape/nn/attention.hpp>
#include <xtape/nn/feed_forward.hpp>
#include <xtape/nn/layer_norm.hpp>

namespace xtape::nn {

struct BlockConfig {
  index_t n_embd = 0;
  index_t n_head = 1;
  double dropout = 0;
  bool bias = true;
  Activation activation = Activation::gelu;
  double layer_norm_eps = 1e-5;
};

/// x = x + attn(ln_1(x)), then x = x + mlp(ln_2(x)): the pre-norm transformer block of GPT-2.
template <Real T>
class BasicBlock : public BasicModule<T> {
 public:
  explicit BasicBlock(BlockConfig config, Generator& generator = default_generator(), Here at = Here::now());

  /// x (B, T, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  BlockConfig config() const { return config_; }

  BasicLayerNorm<T> ln_1;
  BasicCausalSelfAttention<T> attn;
  BasicLayerNorm<T> ln_2;
  BasicFeedForward<T> mlp;

 private:
  BlockConfig config_;
};

using Block = BasicBlock<float>;

extern template class BasicBlock<float>;
extern template class BasicBlock<double>;

}  // namespace xtape::nn
