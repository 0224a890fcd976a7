// The encoder of a transformer: blocks in which every position sees the whole sequence.
#pragma once

#include <optional>
#include <vector>

#include <xtape/nn/attention.hpp>
#include <xtape/nn/feed_forward.hpp>
#include <xtape/nn/layer_norm.hpp>

namespace xtape::nn {

/// Of encoder and decoder blocks. Names and defaults are PyTorch's, and the sizes those of the paper.
struct TransformerBlockConfig {
  index_t d_model = 512;
  index_t nhead = 8;
  index_t dim_feedforward = 2048;
  double dropout = 0.1;  ///< of attention weights, of the network's hidden layer and of what is added to x
  Activation activation = Activation::relu;
  bool norm_first = false;  ///< normalise what attention and network read, not what they give
  bool bias = true;         ///< of linear layers and layer norms
};

/// Masks are true where something may be seen.
struct EncoderOptions {
  std::optional<Mask> keep = {};      ///< of a position and another; broadcasts to (B, H, T, T)
  std::optional<Mask> key_keep = {};  ///< (B, T), of a position by all; false at padding
  bool causal = false;                ///< a position sees none after it
};

/// x = norm1(x + self_attn(x)), then x = norm2(x + linear2(activation(linear1(x)))), with dropout where
/// PyTorch has it. torch.nn.TransformerEncoderLayer(batch_first=True), with its names. Throws ValueError for
/// sizes below 1 or where nhead does not divide d_model.
template <Real T>
class BasicEncoderBlock : public BasicModule<T> {
 public:
  explicit BasicEncoderBlock(TransformerBlockConfig config, Generator& generator = default_generator(),
                             Here at = Here::now());

  /// x (B, T, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const EncoderOptions& options = {},
                            Here at = Here::now()) const;
  /// How much each position takes from each: x (B, T, C) -> (B, H, T, T). None is dropped.
  BasicTensor<T> weights(const BasicTensor<T>& x, const EncoderOptions& options = {},
                         Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  TransformerBlockConfig config() const { return config_; }

  BasicMultiHeadAttention<T> self_attn;
  BasicLinear<T> linear1;  // (dim_feedforward, C)
  BasicDropout<T> dropout;
  BasicLinear<T> linear2;  // (C, dim_feedforward)
  BasicLayerNorm<T> norm1, norm2;
  BasicDropout<T> dropout1, dropout2;

 private:
  TransformerBlockConfig config_;
};

struct EncoderConfig {
  index_t num_layers = 6;
  TransformerBlockConfig block = {};
  bool norm = false;  ///< a layer norm after the last block
};

/// Blocks in a row. torch.nn.TransformerEncoder, with its names, but that each block has first values of its
/// own. Throws ValueError as the block, and for num_layers below 1.
template <Real T>
class BasicEncoder : public BasicModule<T> {
 public:
  explicit BasicEncoder(EncoderConfig config, Generator& generator = default_generator(),
                        Here at = Here::now());

  /// x (B, T, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const EncoderOptions& options = {},
                            Here at = Here::now()) const;
  /// The attention weights of each block: x (B, T, C) -> num_layers times (B, H, T, T). None is dropped; call
  /// eval() first, so that nothing else is either.
  std::vector<BasicTensor<T>> attention_weights(const BasicTensor<T>& x, const EncoderOptions& options = {},
                                                Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  EncoderConfig config() const { return config_; }

  std::vector<BasicEncoderBlock<T>> layers;
  std::optional<BasicLayerNorm<T>> norm;

 private:
  EncoderConfig config_;
};

using EncoderBlock = BasicEncoderBlock<float>;
using Encoder = BasicEncoder<float>;

extern template class BasicEncoderBlock<float>;
extern template class BasicEncoderBlock<double>;
extern template class BasicEncoder<float>;
extern template class BasicEncoder<double>;

}  // namespace xtape::nn
