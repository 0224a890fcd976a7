// GPT: the language model of GPT-2.
#pragma once

#include <vector>

#include <xtape/nn/block.hpp>
#include <xtape/nn/embedding.hpp>

namespace xtape::nn {

/// The defaults are nanoGPT's: GPT-2's sizes, with a vocabulary rounded up to a multiple of 64.
struct GPTConfig {
  index_t n_layer = 12;
  index_t n_head = 12;
  index_t n_embd = 768;
  index_t block_size = 1024;  ///< the longest context
  index_t vocab_size = 50304;
  double dropout = 0;       ///< of embeddings, attention weights and what is added to the residual stream
  bool bias = true;         ///< of linear layers and layer norms; the head has none
  bool checkpoint = false;  ///< keep only the input of each block, and run the block again for its gradient:
                            ///< the model must live, where it is, until the backward pass
  Activation activation = Activation::gelu;  ///< of the feed-forward networks; GPT-2's own is gelu_tanh
  double layer_norm_eps = 1e-5;
};

/// Token and position embeddings, n_layer blocks, a last layer norm, and a head that shares its weight with
/// the token embedding. Weights start normal with deviation 0.02, those that end a residual branch with 0.02
/// / sqrt(2 n_layer); biases start at 0. Names are nanoGPT's: "transformer.h.0.attn.c_attn.weight". Throws
/// ValueError for sizes below 1 or where n_head does not divide n_embd.
template <Real T>
class BasicGPT : public BasicModule<T> {
 public:
  explicit BasicGPT(GPTConfig config, Generator& generator = default_generator(), Here at = Here::now());

  /// idx (B, T) of token ids -> logits (B, T, V) of the token after each. Throws ShapeError where T exceeds
  /// block_size, IndexError for ids outside the vocabulary. The loss is
  /// cross_entropy(model(idx), targets).
  BasicTensor<T> operator()(const Indices& idx, Here at = Here::now()) const;

  /// What the head reads: idx (B, T) -> (B, T, C).
  BasicTensor<T> features(const Indices& idx, Here at = Here::now()) const;

  /// The embeddings of tokens and of their positions, added: (..., C). The shapes broadcast.
  BasicTensor<T> embed(const Indices& tokens, const Indices& positions, Here at = Here::now()) const;

  /// The attention weights of each block: idx (B, T) -> n_layer times (B, H, T, T). None is dropped; call
  /// eval() first, so that nothing else is either.
  std::vector<BasicTensor<T>> attention_weights(const Indices& idx, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  GPTConfig config() const { return config_; }

  BasicEmbedding<T> wte;  // (V, C)
  BasicEmbedding<T> wpe;  // (block_size, C)
  BasicDropout<T> drop;
  std::vector<BasicBlock<T>> h;
  BasicLayerNorm<T> ln_f;
  BasicLinear<T> lm_head;  // (V, C), tied to wte

 private:
  /// What the first block reads: idx (B, T) -> (B, T, C).
  BasicTensor<T> embedded(const Indices& idx, Here at) const;

  GPTConfig config_;
};

using GPT = BasicGPT<float>;

extern template class BasicGPT<float>;
extern template class BasicGPT<double>;

}  // namespace xtape::nn
