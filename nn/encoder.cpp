// Encoder blocks and the encoder.
#include <xtape/nn/encoder.hpp>

#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/residual_impl.hpp>

namespace xtape::nn {

namespace {

TransformerBlockConfig checked(TransformerBlockConfig config, Here at) {
  check_heads("EncoderBlock", "d_model", config.d_model, "nhead", config.nhead, at);
  check_size("EncoderBlock", "dim_feedforward", config.dim_feedforward, at);
  return config;
}

template <Real T>
MultiHeadAttentionOptions<T> self_attention(const EncoderOptions& options) {
  return {.causal = options.causal, .keep = options.keep, .key_keep = options.key_keep};
}

}  // namespace

template <Real T>
BasicEncoderBlock<T>::BasicEncoderBlock(TransformerBlockConfig config, Generator& generator, Here at)
    : self_attn({checked(config, at).d_model, config.nhead, config.dropout, config.bias}, generator, at),
      linear1({config.d_model, config.dim_feedforward, config.bias}, generator, at),
      dropout(config.dropout, at),
      linear2({config.dim_feedforward, config.d_model, config.bias}, generator, at),
      norm1({.features = config.d_model, .bias = config.bias}, at),
      norm2({.features = config.d_model, .bias = config.bias}, at),
      dropout1(config.dropout, at),
      dropout2(config.dropout, at),
      config_(config) {}

template <Real T>
BasicTensor<T> BasicEncoderBlock<T>::operator()(const BasicTensor<T>& x, const EncoderOptions& options,
                                                Here at) const {
  const auto site = this->enter(at);
  const auto y = residual(x, norm1, config_.norm_first, [&](const auto& z) {
    return dropout1(self_attn(z, self_attention<T>(options)));  // (B, T, C)
  });
  return residual(y, norm2, config_.norm_first, [&](const auto& z) {
    const auto hidden = activate(linear1(z), config_.activation);  // (B, T, dim_feedforward)
    return dropout2(linear2(dropout(hidden)));                     // (B, T, C)
  });
}

template <Real T>
BasicTensor<T> BasicEncoderBlock<T>::weights(const BasicTensor<T>& x, const EncoderOptions& options,
                                             Here at) const {
  const auto site = this->enter(at);
  return self_attn.weights(config_.norm_first ? norm1(x) : x, self_attention<T>(options));
}

template <Real T>
void BasicEncoderBlock<T>::visit(Visitor<T>& v) {
  v("self_attn", self_attn);
  v("linear1", linear1);
  v("dropout", dropout);
  v("linear2", linear2);
  v("norm1", norm1);
  v("norm2", norm2);
  v("dropout1", dropout1);
  v("dropout2", dropout2);
}

template <Real T>
BasicEncoder<T>::BasicEncoder(EncoderConfig config, Generator& generator, Here at) : config_(config) {
  check_size("Encoder", "num_layers", config.num_layers, at);
  layers.reserve(static_cast<std::size_t>(config.num_layers));
  for (index_t i = 0; i < config.num_layers; ++i) layers.emplace_back(config.block, generator, at);
  if (config.norm)
    norm.emplace(LayerNormConfig{.features = config.block.d_model, .bias = config.block.bias}, at);
}

template <Real T>
BasicTensor<T> BasicEncoder<T>::operator()(const BasicTensor<T>& x, const EncoderOptions& options,
                                           Here at) const {
  const auto site = this->enter(at);
  auto y = x;
  for (const auto& block : layers) y = block(y, options);  // (B, T, C)
  return norm ? (*norm)(y) : y;
}

template <Real T>
std::vector<BasicTensor<T>> BasicEncoder<T>::attention_weights(const BasicTensor<T>& x,
                                                               const EncoderOptions& options, Here at) const {
  const auto site = this->enter(at);
  std::vector<BasicTensor<T>> weights;
  auto y = x;
  for (const auto& block : layers) {
    weights.push_back(block.weights(y, options));  // (B, H, T, T)
    y = block(y, options);                         // (B, T, C)
  }
  return weights;
}

template <Real T>
void BasicEncoder<T>::visit(Visitor<T>& v) {
  v("layers", layers);
  if (norm) v("norm", *norm);
}

template class BasicEncoderBlock<float>;
template class BasicEncoderBlock<double>;
template class BasicEncoder<float>;
template class BasicEncoder<double>;

}  // namespace xtape::nn
