// Multi-head attention, as GPT-2 has it and in the general form.
#pragma once

#include <optional>

#include <xtape/nn/dropout.hpp>
#include <xtape/nn/linear.hpp>

namespace xtape::nn {

struct CausalSelfAttentionConfig {
  index_t n_embd = 0;
  index_t n_head = 1;
  double dropout = 0;  ///< of the attention weights and of the result
  bool bias = true;
  std::optional<index_t> n_kv_head = {};  ///< heads of keys and values; n_head where not given
};

/// Each position attends to itself and those before it: softmax(q k^T / sqrt(D)) v in n_head heads of
/// D = n_embd / n_head channels, then a projection. With fewer heads of keys and values, each serves n_head /
/// n_kv_head heads of queries. Names are nanoGPT's. Throws ValueError where n_head does not divide n_embd or
/// n_kv_head not n_head.
template <Real T>
class BasicCausalSelfAttention : public BasicModule<T> {
 public:
  explicit BasicCausalSelfAttention(CausalSelfAttentionConfig config,
                                    Generator& generator = default_generator(), Here at = Here::now());

  /// x (B, T, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, Here at = Here::now()) const;

  /// How much each position takes from each: x (B, T, C) -> (B, H, T, T), rows that add up to 1. None is
  /// dropped.
  BasicTensor<T> weights(const BasicTensor<T>& x, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  CausalSelfAttentionConfig config() const { return config_; }

  BasicLinear<T> c_attn;  // queries, keys and values in one product: (C + 2 n_kv_head D, C)
  BasicLinear<T> c_proj;  // (C, C)
  BasicDropout<T> resid_dropout;

 private:
  CausalSelfAttentionConfig config_;
};

struct MultiHeadAttentionConfig {
  index_t embed_dim = 0;
  index_t num_heads = 1;
  double dropout = 0;  ///< of the attention weights
  bool bias = true;
};

template <Real T>
struct MultiHeadAttentionOptions {
  bool causal = false;            ///< a query sees the keys up to its own position
  std::optional<Mask> keep = {};  ///< true where a query may see a key; broadcasts to (B, H, Tq, Tk)
  std::optional<BasicTensor<T>> bias =
      {};                             ///< added to the scores; broadcasts as `keep`; PyTorch's attn_mask
  std::optional<Mask> key_keep = {};  ///< (B, Tk), true where all queries may see a key; the opposite of
                                      ///< PyTorch's key_padding_mask
};

/// Attention of queries to keys and values, each projected first, in num_heads heads; the result is projected
/// too. Parameters and first values are those of torch.nn.MultiheadAttention(batch_first=True). Throws
/// ValueError where num_heads does not divide embed_dim, ShapeError for masks that do not fit.
template <Real T>
class BasicMultiHeadAttention : public BasicModule<T> {
 public:
  explicit BasicMultiHeadAttention(MultiHeadAttentionConfig config,
                                   Generator& generator = default_generator(), Here at = Here::now());

  /// Self-attention: x (B, T, C) -> (B, T, C).
  BasicTensor<T> operator()(const BasicTensor<T>& x, const MultiHeadAttentionOptions<T>& options = {},
                            Here at = Here::now()) const;
  /// query (B, Tq, C), key and value (B, Tk, C) -> (B, Tq, C).
  BasicTensor<T> operator()(const BasicTensor<T>& query, const BasicTensor<T>& key,
                            const BasicTensor<T>& value, const MultiHeadAttentionOptions<T>& options = {},
                            Here at = Here::now()) const;

  /// How much each position takes from each: x (B, T, C) -> (B, H, T, T). None is dropped.
  BasicTensor<T> weights(const BasicTensor<T>& x, const MultiHeadAttentionOptions<T>& options = {},
                         Here at = Here::now()) const;
  /// How much each query takes from each key: query (B, Tq, C), key (B, Tk, C) -> (B, H, Tq, Tk).
  BasicTensor<T> weights(const BasicTensor<T>& query, const BasicTensor<T>& key,
                         const MultiHeadAttentionOptions<T>& options = {}, Here at = Here::now()) const;

  void visit(Visitor<T>& v) override;
  MultiHeadAttentionConfig config() const { return config_; }

  BasicTensor<T> in_proj_weight;               // (3C, C)
  std::optional<BasicTensor<T>> in_proj_bias;  // (3C,)
  BasicLinear<T> out_proj;                     // (C, C)

 private:
  /// Heads of queries, keys or values: part 0, 1 or 2 of in_proj applied to x (B, T, C) -> (B, H, T, D).
  BasicTensor<T> project(const BasicTensor<T>& x, index_t part) const;

  MultiHeadAttentionConfig config_;
};

using CausalSelfAttention = BasicCausalSelfAttention<float>;
using MultiHeadAttention = BasicMultiHeadAttention<float>;

extern template class BasicCausalSelfAttention<float>;
extern template class BasicCausalSelfAttention<double>;
extern template class BasicMultiHeadAttention<float>;
extern template class BasicMultiHeadAttention<double>;

}  // namespace xtape::nn
