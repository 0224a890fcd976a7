// Scaled dot-product attention, of separate or packed queries, keys and values, and its weights.
#pragma once

#include <optional>

#include <xtape/core/random.hpp>

namespace xtape {

template <Real T>
struct AttentionOptions {
  bool causal = false;                      ///< query i sees keys 0 to i only, whatever the lengths
  std::optional<Mask> keep = {};            ///< true where a query sees a key; broadcasts to (..., Tq, Tk)
  std::optional<BasicTensor<T>> bias = {};  ///< added to the scores before the softmax, and differentiable;
                                            ///< broadcasts to (..., Tq, Tk); -inf hides a key
  double dropout = 0;                       ///< the probability with which each weight is dropped
  std::optional<double> scale = {};         ///< of q k^T; 1 / sqrt(D) where not given
  Generator* generator = nullptr;           ///< draws the dropout; the default generator where null
};

/// y = dropout(softmax(q k^T scale + bias)) v over the last two axes: q (..., Tq, D), k (..., Tk, D), v (...,
/// Tk, Dv) give (..., Tq, Dv); (...), as a rule (B, H), broadcasts. k and v may have fewer heads than q: each
/// then serves H / Hkv heads in a row (grouped queries, PyTorch's enable_gqa). `causal` counts from the first
/// query and key, as PyTorch's; where the last ones belong together, .keep = tril_mask(Tq, Tk, Tk - Tq). A
/// key is seen where both `causal` and `keep` allow it; a query that sees none gives zeros and gets a
/// gradient of 0. The scores are never held as a whole: memory is O(T), but for a bias and its gradient.
/// Throws ShapeError, ValueError. torch.nn.functional.scaled_dot_product_attention.
template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& q,
                                            const std::type_identity_t<BasicTensor<T>>& k,
                                            const std::type_identity_t<BasicTensor<T>>& v,
                                            const std::type_identity_t<AttentionOptions<T>>& options = {},
                                            Here at = Here::now());

/// The same for packed qkv (B, T, (n_head + 2 n_kv_head) D), whose last axis holds the heads of q, then those
/// of k, then those of v, each D wide: (B, T, n_head D), the heads side by side. `keep` and `bias` broadcast
/// to (B, n_head, T, T). Nothing is split or copied, and the gradient is one of qkv's shape. Throws
/// ShapeError, ValueError.
template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& qkv, index_t n_head, index_t n_kv_head,
                                            const std::type_identity_t<AttentionOptions<T>>& options = {},
                                            Here at = Here::now());

/// The same where k and v have as many heads as q: qkv (B, T, 3C) -> (B, T, C).
template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& qkv, index_t n_head,
                                            const std::type_identity_t<AttentionOptions<T>>& options = {},
                                            Here at = Here::now()) {
  return scaled_dot_product_attention(qkv, n_head, n_head, options, at);
}

/// What scaled_dot_product_attention multiplies v with: dropout(softmax(q k^T scale + bias)), where a query
/// gives no weight to what it does not see and rows that see nothing are zeros. q (..., Tq, D) and k (...,
/// Tk, D), broadcast and grouped as there, give (..., Tq, Tk), held as a whole: for looking at, not for
/// speed. Throws ShapeError, ValueError. What torch.nn.MultiheadAttention returns with
/// average_attn_weights=False.
template <Real T>
BasicTensor<T> attention_weights(const BasicTensor<T>& q, const std::type_identity_t<BasicTensor<T>>& k,
                                 const std::type_identity_t<AttentionOptions<T>>& options = {},
                                 Here at = Here::now());

/// The same for packed qkv (B, T, (n_head + 2 n_kv_head) D): (B, n_head, T, T).
template <Real T>
BasicTensor<T> attention_weights(const BasicTensor<T>& qkv, index_t n_head, index_t n_kv_head,
                                 const std::type_identity_t<AttentionOptions<T>>& options = {},
                                 Here at = Here::now());

}  // namespace xtape
