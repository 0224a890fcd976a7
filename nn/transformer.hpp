// Transformer: an encoder that reads one sequence and a decoder that writes another.
#pragma once

#include <optional>
#include <vector>

#include <xtape/nn/decoder.hpp>

namespace xtape::nn {

/// Names and defaults are PyTorch's, and the sizes those of the paper.
struct TransformerConfig {
  index_t d_model = 512;
  index_t nhead = 8;
  index_t num_encoder_layers = 6;
  index_t num_decoder_layers = 6;
  index_t dim_feedforward = 2048;
  double dropout = 0.1;
  Activation activation = Activation::relu;
  bool norm_first = false;
  bool bias = true;
};

/// Masks are true where something may be seen.
struct TransformerOptions {
  std::optional<Mask> src_key_keep = {};  ///< (B, Ts), of the source by itself and the target
  std::optional<Mask> tgt_key_keep = {};  ///< (B, Tt), of the target by itself
  std::optional<Mask> src_keep = {};      ///< of the source by itself; broadcasts to (B, H, Ts, Ts)
  std::optional<Mask> tgt_keep = {};      ///< of the target by itself; broadcasts to (B, H, Tt, Tt)
  std::optional<Mask> memory_keep = {};   ///< of the source by the target; broadcasts to (B, H, Tt, Ts)
  bool causal = true;                     ///< a position of the target sees none after it
};

/// decoder(tgt, encoder(src)), both with a layer norm at their ends (Vaswani et al., "Attention is all you
/// need", 2017). Embeddings, positions and the head are the user's. Matrices start uniform as init::
/// xavier_uniform_ has it. torch.nn.Transformer(batch_first=True), with its names; where that takes a mask of
/// what to ignore, this takes what to keep, the decoder is causal unless told, and src_key_keep serves as its
/// memory_key_padding_mask too. Throws ValueError as the blocks.
template <Real T>
class BasicTransformer : public BasicModule<T> {
 public:
  explicit BasicTransformer(TransformerConfig config, Generator& generator = default_generator(),
                            Here at = Here::now());

  /// src (B, Ts, C), tgt (B, Tt, C) -> (B, Tt, C).
  BasicTensor<T> operator()(const BasicTensor<T>& src, const BasicTensor<T>& tgt,
                            const TransformerOptions& options = {}, Here at = Here::now()) const;

  /// Its two halves, for decoding step by step: src (B, Ts, C) -> memory (B, Ts, C), and tgt (B, Tt, C) with
  /// memory -> (B, Tt, C).
  BasicTensor<T> encode(const BasicTensor<T>& src, const TransformerOptions& options = {},
                        Here at = Here::now()) const;
  BasicTensor<T> decode(const BasicTensor<T>& tgt, const BasicTensor<T>& memory,
                        const TransformerOptions& options = {}, Here at = Here::now()) const;

  /// How much each block of the decoder takes from the source: num_decoder_layers times (B, H, Tt, Ts), an
  /// alignment of both sequences. Call eval() first, so that nothing is dropped.
  std::vector<BasicTensor<T>> cross_weights(const BasicTensor<T>& src, const BasicTensor<T>& tgt,
                                            const TransformerOptions& options = {},
                                            Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  TransformerConfig config() const { return config_; }

  BasicEncoder<T> encoder;
  BasicDecoder<T> decoder;

 private:
  TransformerConfig config_;
};

using Transformer = BasicTransformer<float>;

extern template class BasicTransformer<float>;
extern template class BasicTransformer<double>;

}  // namespace xtape::nn
