// Transformer.
#include <xtape/nn/transformer.hpp>

#include <xtape/nn/init.hpp>

namespace xtape::nn {

namespace {

TransformerBlockConfig block_of(const TransformerConfig& config) {
  return {.d_model = config.d_model,
          .nhead = config.nhead,
          .dim_feedforward = config.dim_feedforward,
          .dropout = config.dropout,
          .activation = config.activation,
          .norm_first = config.norm_first,
          .bias = config.bias};
}

DecoderOptions decoder_options(const TransformerOptions& options) {
  return {.causal = options.causal,
          .keep = options.tgt_keep,
          .key_keep = options.tgt_key_keep,
          .memory_keep = options.memory_keep,
          .memory_key_keep = options.src_key_keep};
}

}  // namespace

template <Real T>
BasicTransformer<T>::BasicTransformer(TransformerConfig config, Generator& generator, Here at)
    : encoder({config.num_encoder_layers, block_of(config), true}, generator, at),
      decoder({config.num_decoder_layers, block_of(config), true}, generator, at),
      config_(config) {
  for (auto& x : this->parameters())
    if (x.dimension() == 2) init::xavier_uniform_(x, generator, at);
}

template <Real T>
BasicTensor<T> BasicTransformer<T>::encode(const BasicTensor<T>& src, const TransformerOptions& options,
                                           Here at) const {
  const auto site = this->enter(at);
  return encoder(src, {.keep = options.src_keep, .key_keep = options.src_key_keep});
}

template <Real T>
BasicTensor<T> BasicTransformer<T>::decode(const BasicTensor<T>& tgt, const BasicTensor<T>& memory,
                                           const TransformerOptions& options, Here at) const {
  const auto site = this->enter(at);
  return decoder(tgt, memory, decoder_options(options));
}

template <Real T>
BasicTensor<T> BasicTransformer<T>::operator()(const BasicTensor<T>& src, const BasicTensor<T>& tgt,
                                               const TransformerOptions& options, Here at) const {
  return decode(tgt, encode(src, options, at), options, at);
}

template <Real T>
std::vector<BasicTensor<T>> BasicTransformer<T>::cross_weights(const BasicTensor<T>& src,
                                                               const BasicTensor<T>& tgt,
                                                               const TransformerOptions& options,
                                                               Here at) const {
  const auto site = this->enter(at);
  return decoder.cross_weights(tgt, encode(src, options), decoder_options(options));
}

template <Real T>
void BasicTransformer<T>::visit(Visitor<T>& v) {
  v("encoder", encoder);
  v("decoder", decoder);
}

template class BasicTransformer<float>;
template class BasicTransformer<double>;

}  // namespace xtape::nn
