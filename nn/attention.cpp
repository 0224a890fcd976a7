// Multi-head attention.
#include <xtape/nn/attention.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/nn/init.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/logical.hpp>
#include <xtape/ops/view.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

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

/// The batch of queries, keys and values whose batches broadcast.
index_t common_batch(std::initializer_list<index_t> batches) {
  return *std::find_if(batches.begin(), batches.end() - 1, [](index_t batch) { return batch != 1; });
}

/// `keep` and `key_keep` (B, Tk) as one mask, for scores (B, H, Tq, Tk) of keys (B, Tk, C).
template <Real T>
std::optional<Mask> keep_of(const MultiHeadAttentionOptions<T>& options, const Shape& keys,
                            const Shape& scores, Here at) {
  if (!options.key_keep) return options.keep;
  const Shape &given = options.key_keep->shape(), needed = {keys[0], keys[1]};
  if (given != needed)
    raise<ShapeError>(
        fmt::format("MultiHeadAttention: key_keep of shape {} does not fit keys of shape {}; it needs {}",
                    to_string(given), to_string(keys), to_string(needed)),
        at);
  const Mask key_keep = options.key_keep->reshape({keys[0], 1, 1, keys[1]});
  if (!options.keep) return key_keep;
  check_broadcasts_to_scores("MultiHeadAttention", "keep", options.keep->shape(), scores, at);
  return logical_and(*options.keep, key_keep, at);
}

/// The op's options for queries, keys and values of these shapes, where attention weights are dropped with
/// probability p.
template <Real T>
AttentionOptions<T> options_of(const MultiHeadAttentionOptions<T>& options, const Shape& queries,
                               const Shape& keys, const Shape& values, index_t heads, double p, Here at) {
  const Shape scores = {common_batch({queries[0], keys[0], values[0]}), heads, queries[1], keys[1]};
  return {.causal = options.causal,
          .keep = keep_of(options, keys, scores, at),
          .bias = options.bias,
          .dropout = p};
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
BasicTensor<T> BasicCausalSelfAttention<T>::weights(const BasicTensor<T>& x, Here at) const {
  const auto site = this->enter(at);
  check_rank("CausalSelfAttention", "x", x.shape(), 3, at);
  return attention_weights(c_attn(x), config_.n_head, kv_heads(config_), {.causal = true}, at);
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
BasicTensor<T> BasicMultiHeadAttention<T>::project(const BasicTensor<T>& x, index_t part) const {
  const index_t C = config_.embed_dim, H = config_.num_heads;
  const Slice rows(part * C, (part + 1) * C);
  std::optional<BasicTensor<T>> bias;
  if (in_proj_bias) bias = strided_view(*in_proj_bias, {rows});           // (C,)
  const auto y = linear(x, strided_view(in_proj_weight, {rows}), bias);   // (B, T, C)
  return swapaxes(reshape(y, {y.shape(0), y.shape(1), H, C / H}), 1, 2);  // (B, H, T, D)
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::operator()(const BasicTensor<T>& x,
                                                      const MultiHeadAttentionOptions<T>& options,
                                                      Here at) const {
  const auto site = this->enter(at);
  check_rank("MultiHeadAttention", "x", x.shape(), 3, at);
  const double p = this->training() ? config_.dropout : 0;
  const auto rule = options_of(options, x.shape(), x.shape(), x.shape(), config_.num_heads, p, at);
  const auto qkv = linear(x, in_proj_weight, in_proj_bias);                     // (B, T, 3C)
  return out_proj(scaled_dot_product_attention(qkv, config_.num_heads, rule));  // (B, T, C)
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
  const auto rule = options_of(options, query.shape(), key.shape(), value.shape(), config_.num_heads, p, at);
  const auto q = project(query, 0);                            // (B, H, Tq, D)
  const auto k = project(key, 1);                              // (B, H, Tk, D)
  const auto v = project(value, 2);                            // (B, H, Tk, D)
  const auto y = scaled_dot_product_attention(q, k, v, rule);  // (B, H, Tq, D)
  return out_proj(merge_heads(y));                             // (B, Tq, C)
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::weights(const BasicTensor<T>& x,
                                                   const MultiHeadAttentionOptions<T>& options,
                                                   Here at) const {
  return weights(x, x, options, at);
}

template <Real T>
BasicTensor<T> BasicMultiHeadAttention<T>::weights(const BasicTensor<T>& query, const BasicTensor<T>& key,
                                                   const MultiHeadAttentionOptions<T>& options,
                                                   Here at) const {
  const auto site = this->enter(at);
  check_rank("MultiHeadAttention", "query", query.shape(), 3, at);
  check_rank("MultiHeadAttention", "key", key.shape(), 3, at);
  const auto rule = options_of(options, query.shape(), key.shape(), key.shape(), config_.num_heads, 0, at);
  return attention_weights(project(query, 0), project(key, 1), rule);  // (B, H, Tq, Tk)
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
