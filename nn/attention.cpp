// Multi-head attention.
#include <xtape/nn/attention.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/linear.hpp>

namespace xtape::nn {

namespace {

index_t kv_heads(const CausalSelfAttentionConfig& config) { return config.n_kv_head.value_or(config.n_head); }

/// How many channels queries, keys and values have together.
index_t qkv_channels(const CausalSelfAttentionConfig& config) {
  return config.n_embd / config.n_head * (config.n_head + 2 * kv_heads(config));
}

CausalSelfAttentionConfig checked(CausalSelfAttentionConfig config, Here at) {
  check_heads("CausalSelfAttention", "n_embd", config.n_embd, "n_head", config.n_head, at);
  check_heads("CausalSelfAttention", "n_head", config.n_head, "n_kv_head", kv_heads(config), at);
  return config;
}

MultiHeadAttentionConfig checked(MultiHeadAttentionConfig config, Here at) {
  check_heads("MultiHeadAttention", "embed_dim", config.embed_dim, "num_heads", config.num_heads, at);
  check_probability("MultiHeadAttention", "dropout", config.dropout, at);
  return config;
}

/// The op's options for a module that drops attention weights with probability p now.
template <Real T>
AttentionOptions<T> options_of(const MultiHeadAttentionOptions<T>& options, double p) {
  return {.causal = options.causal, .keep = options.keep, .bias = options.bias, .dropout = p};
}

/// (B, H, T, D) -> (B, T, C).
template <Real T>
BasicTensor<T> merge_heads(const BasicTensor<T>& x) {
  return flatten(swapaxes(x, 1, 2), 2);
}

}  // namespace

template <Real T>
BasicCausalSelfAttention<T>::BasicCausalSelfAttention(CausalSelfAttentionConfig config, Generator& generator,
                                                      Here at)
    : c_attn({checked(config, at).n_embd, qkv_channels(config), config.bias}, generator, at),
      c_proj({config.n_embd, config.n_embd, config.bias}, generator, at),
      resid_dropout(config.dropout, at),
      config_(config) {}

template <Real T>
BasicTensor<T> BasicCausalSelfAttention<T>::operator()(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  check_rank("CausalSelfAttention", "x", x.shape(), 3, at);
  const AttentionOptions<T> options{.causal = true, .dropout = this->training() ? config_.dropout : 0};
  const auto qkv = c_attn(x);  // (B, T, (H + 2 Hkv) D)
  const auto y =
      scaled_dot_product_attention(qkv, config_.n_head, kv_heads(config_), options, at);  // (B, T, C)
  return resid_dropout(c_proj(y));                                                        // (B, T, C)
}

template <Real T>
void BasicCausalSelfAttention<T>::visit(Visitor<T>& v) {
  v("c_attn", c_attn);
  v("c_proj", c_proj);
  v("resid_dropout", resid_dropout);
}

template <Real T>
BasicMultiHeadAttention<T>::BasicMultiHeadAttention(MultiHeadAttentionConfig config, Generator& generator,
                                                    Here at)
    : in_proj_weight(parameter<T>({3 * checked(config, at).embed_dim, config.embed_dim})),
      out_proj({config.embed_dim, config.embed_dim, config.bias}, generator, at),
      config_(config) {
  init::xavier_uniform_(in_proj_weight, generator, at);
  if (!config.bias) return;
  in_proj_bias = parameter<T>({3 * config.embed_dim});
  init::constant_(*out_proj.bias, 0, at);
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::split_heads(const BasicTensor<T>& x) const {
  const index_t D = config_.embed_dim / config_.num_heads;
  return swapaxes(reshape(x, {x.shape(0), x.shape(1), config_.num_heads, D}), 1, 2);  // (B, H, T, D)
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::operator()(const BasicTensor<T>& x,
                                                      const MultiHeadAttentionOptions<T>& options,
                                                      Here at) const {
  const auto site = this->enter(at);
  check_rank("MultiHeadAttention", "x", x.shape(), 3, at);
  const double p = this->training() ? config_.dropout : 0;
  const auto qkv = linear(x, in_proj_weight, in_proj_bias);                                     // (B, T, 3C)
  const auto y = scaled_dot_product_attention(qkv, config_.num_heads, options_of(options, p));  // (B, T, C)
  return out_proj(y);                                                                           // (B, T, C)
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::operator()(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                                      const BasicTensor<T>& value,
                                                      const MultiHeadAttentionOptions<T>& options,
                                                      Here at) const {
  const auto site = this->enter(at);
  check_rank("MultiHeadAttention", "query", query.shape(), 3, at);
  check_rank("MultiHeadAttention", "key", key.shape(), 3, at);
  check_rank("MultiHeadAttention", "value", value.shape(), 3, at);
  const double p = this->training() ? config_.dropout : 0;
  const auto weights = split(in_proj_weight, 3);  // (C, C) each
  std::vector<std::optional<BasicTensor<T>>> biases(3);
  if (in_proj_bias) {
    const auto parts = split(*in_proj_bias, 3);
    biases.assign(parts.begin(), parts.end());
  }
  const auto q = split_heads(linear(query, weights[0], biases[0]));  // (B, H, Tq, D)
  const auto k = split_heads(linear(key, weights[1], biases[1]));    // (B, H, Tk, D)
  const auto v = split_heads(linear(value, weights[2], biases[2]));  // (B, H, Tk, D)
  const auto y = scaled_dot_product_attention(q, k, v, options_of(options, p));
  return out_proj(merge_heads(y));  // (B, Tq, C)
}

template <Real T>
void BasicMultiHeadAttention<T>::visit(Visitor<T>& v) {
  v("in_proj_weight", in_proj_weight);
  v("in_proj_bias", in_proj_bias);
  v("out_proj", out_proj);
}

template class BasicCausalSelfAttention<float>;
template class BasicCausalSelfAttention<double>;
template class BasicMultiHeadAttention<float>;
template class BasicMultiHeadAttention<double>;

}  // namespace xtape::nn
