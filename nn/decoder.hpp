// The decoder of a transformer: blocks that write one sequence while they read another.
#pragma once

#include <optional>
#include <vector>

#include <xtape/nn/encoder.hpp>

namespace xtape::nn {

/// Masks are true where something may be seen.
struct DecoderOptions {
  bool causal = true;                    ///< a position sees none after it; PyTorch's tgt_is_causal is false
  std::optional<Mask> keep = {};         ///< of a position and another; broadcasts to (B, H, T, T)
  std::optional<Mask> key_keep = {};     ///< (B, T), of a position by all; false at padding
  std::optional<Mask> memory_keep = {};  ///< of one and one of memory; broadcasts to (B, H, T, Ts)
  std::optional<Mask> memory_key_keep = {};  ///< (B, Ts), of memory by all
};

/// x = norm1(x + self_attn(x)), x = norm2(x + multihead_attn(x, memory)), then x = norm3(x +
/// linear2(activation(linear1(x)))), with dropout where PyTorch has it; memory is what an encoder gave.
/// torch.nn.TransformerDecoderLayer(batch_first=True), with its names. Throws ValueError for sizes below 1 or
/// where nhead does not divide d_model.
template <Real T>
class BasicDecoderBlock : public BasicModule<T> {
 public:
  explicit BasicDecoderBlock(TransformerBlockConfig config, Generator& generator = default_generator(),
                             Here at = Here::now());

  /// x (B, T, C), memory (B, Ts, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const BasicTensor<T>& memory,
                            const DecoderOptions& options = {}, Here at = Here::now()) const;
  /// How much each position takes from each of memory: (B, H, T, Ts). None is dropped.
  BasicTensor<T> cross_weights(const BasicTensor<T>& x, const BasicTensor<T>& memory,
                               const DecoderOptions& options = {}, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  TransformerBlockConfig config() const { return config_; }

  BasicMultiHeadAttention<T> self_attn, multihead_attn;  // to x, to memory
  BasicLinear<T> linear1;                                // (dim_feedforward, C)
  BasicDropout<T> dropout;
  BasicLinear<T> linear2;  // (C, dim_feedforward)
  BasicLayerNorm<T> norm1, norm2, norm3;
  BasicDropout<T> dropout1, dropout2, dropout3;

 private:
  /// x after attention to itself.
  BasicTensor<T> attended(const BasicTensor<T>& x, const DecoderOptions& options) const;

  TransformerBlockConfig config_;
};

struct DecoderConfig {
  index_t num_layers = 6;
  TransformerBlockConfig block = {};
  bool norm = false;  ///< a layer norm after the last block
};

/// Blocks in a row, each of which reads memory. torch.nn.TransformerDecoder, with its names, but that each
/// block has first values of its own. Throws ValueError as the block, and for num_layers below 1.
template <Real T>
class BasicDecoder : public BasicModule<T> {
 public:
  explicit BasicDecoder(DecoderConfig config, Generator& generator = default_generator(),
                        Here at = Here::now());

  /// x (B, T, C), memory (B, Ts, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const BasicTensor<T>& memory,
                            const DecoderOptions& options = {}, Here at = Here::now()) const;
  /// How much each block takes from memory: num_layers times (B, H, T, Ts), an alignment of both sequences.
  /// None is dropped; call eval() first, so that nothing else is either.
  std::vector<BasicTensor<T>> cross_weights(const BasicTensor<T>& x, const BasicTensor<T>& memory,
                                            const DecoderOptions& options = {}, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  DecoderConfig config() const { return config_; }

  std::vector<BasicDecoderBlock<T>> layers;
  std::optional<BasicLayerNorm<T>> norm;

 private:
  DecoderConfig config_;
};

using DecoderBlock = BasicDecoderBlock<float>;
using Decoder = BasicDecoder<float>;

extern template class BasicDecoderBlock<float>;
extern template class BasicDecoderBlock<double>;
extern template class BasicDecoder<float>;
extern template class BasicDecoder<double>;

}  // namespace xtape::nn
