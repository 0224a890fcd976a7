// GPT.
#include <xtape/nn/gpt.hpp>

#include <xtape/core/checkpoint.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace xtape::nn {

namespace {

GPTConfig checked(GPTConfig config, Here at) {
  check_size("GPT", "n_layer", config.n_layer, at);
  check_heads("GPT", "n_embd", config.n_embd, "n_head", config.n_head, at);
  check_size("GPT", "block_size", config.block_size, at);
  check_size("GPT", "vocab_size", config.vocab_size, at);
  check_probability("GPT", "dropout", config.dropout, at);
  return config;
}

BlockConfig block_of(const GPTConfig& config) {
  return {.n_embd = config.n_embd,
          .n_head = config.n_head,
          .dropout = config.dropout,
          .bias = config.bias,
          .activation = config.activation,
          .layer_norm_eps = config.layer_norm_eps};
}

/// 0, 1, ... T - 1.
Indices first_positions(index_t T) {
  auto y = uninitialized<std::int64_t>({T});
  std::iota(y.data(), y.data() + T, 0);
  return y;
}

}  // namespace

template <Real T>
BasicGPT<T>::BasicGPT(GPTConfig config, Generator& generator, Here at)
    : wte({checked(config, at).vocab_size, config.n_embd}, generator, at),
      wpe({config.block_size, config.n_embd}, generator, at),
      drop(config.dropout, at),
      ln_f({config.n_embd, config.layer_norm_eps, config.bias}, at),
      lm_head({config.n_embd, config.vocab_size, false}, generator, at),
      config_(config) {
  h.reserve(static_cast<std::size_t>(config.n_layer));
  for (index_t i = 0; i < config.n_layer; ++i) h.emplace_back(block_of(config), generator, at);
  lm_head.weight = wte.weight;

  const double residual_std = 0.02 / std::sqrt(2.0 * static_cast<double>(config.n_layer));
  for (auto& [name, x] : this->named_parameters()) {
    if (name.ends_with(".bias")) init::constant_(x, 0, at);
    if (x.dimension() == 2)
      init::normal_(x, 0, name.ends_with("c_proj.weight") ? residual_std : 0.02, generator, at);
  }
}

template <Real T>
BasicTensor<T> BasicGPT<T>::embedded(const Indices& idx, Here at) const {
  check_rank("GPT", "idx", idx.shape(), 2, at);
  const index_t length = idx.shape(1);
  if (length > config_.block_size)
    raise<ShapeError>(
        fmt::format("GPT: idx {} has {} positions, more than block_size = {}; crop it to the last {}",
                    to_string(idx.shape()), length, config_.block_size, config_.block_size),
        at);
  return drop(embed(idx, first_positions(length)));  // (B, T, C)
}

template <Real T>
BasicTensor<T> BasicGPT<T>::embed(const Indices& tokens, const Indices& positions, Here at) const {
  const auto site = this->enter(at);
  return wte(tokens) + wpe(positions);
}

template <Real T>
BasicTensor<T> BasicGPT<T>::features(const Indices& idx, Here at) const {
  const auto site = this->enter(at);
  auto x = embedded(idx, at);                                                            // (B, T, C)
  for (const auto& block : h) x = config_.checkpoint ? checkpoint(block, x) : block(x);  // (B, T, C)
  return ln_f(x);                                                                        // (B, T, C)
}

template <Real T>
std::vector<BasicTensor<T>> BasicGPT<T>::attention_weights(const Indices& idx, Here at) const {
  const auto site = this->enter(at);
  std::vector<BasicTensor<T>> weights;
  auto x = embedded(idx, at);  // (B, T, C)
  for (const auto& block : h) {
    weights.push_back(block.attn.weights(block.ln_1(x)));  // (B, H, T, T)
    x = block(x);                                          // (B, T, C)
  }
  return weights;
}

template <Real T>
BasicTensor<T> BasicGPT<T>::operator()(const Indices& idx, Here at) const {
  const auto site = this->enter(at);
  return lm_head(features(idx));  // (B, T, V)
}

template <Real T>
void BasicGPT<T>::visit(Visitor<T>& v) {
  v("transformer.wte", wte);
  v("transformer.wpe", wpe);
  v("transformer.drop", drop);
  v("transformer.h", h);
  v("transformer.ln_f", ln_f);
  v("lm_head", lm_head);
}

template class BasicGPT<float>;
template class BasicGPT<double>;

}  // namespace xtape::nn
