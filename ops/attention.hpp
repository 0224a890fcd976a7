// Scaled dot-product attention, of separate or packed queries, keys and values.
#pragma once

#include <optional>

#include <xtape/core/random.hpp>

namespace xtape {

struct AttentionOptions {
  bool causal = false;               ///< query i sees keys 0 to i only
  std::optional<Mask> keep = {};     ///< true where a query sees a key; broadcasts to (..., Tq, Tk)
  double dropout = 0;                ///< the probability with which each weight is dropped
  std::optional<double> scale = {};  ///< of the scores; 1 / sqrt(D) where not given
  Generator* generator = nullptr;    ///< draws the dropout; the default generator where null
};

/// y = dropout(softmax(q k^T scale)) v over the last two axes: q (..., Tq, D), k (..., Tk, D), v (..., Tk,
/// Dv) give (..., Tq, Dv); (...), as a rule (B, H), broadcasts. A key is seen where both `causal` and `keep`
/// allow it; a query that sees none gives zeros and gets a gradient of 0. The scores are never held as a
/// whole: memory is O(T). Throws ShapeError, ValueError. torch.nn.functional.scaled_dot_product_attention.
template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& q,
                                            const std::type_identity_t<BasicTensor<T>>& k,
                                            const std::type_identity_t<BasicTensor<T>>& v,
                                            const AttentionOptions& options = {}, Here at = Here::now());

/// The same for packed qkv (B, T, 3C), whose last axis holds q, k and v of all heads, each C = n_head D wide:
/// (B, T, C), the heads side by side. `keep` broadcasts to (B, n_head, T, T). Nothing is split or copied, and
/// the gradient is one (B, T, 3C). Throws ShapeError, ValueError.
template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& qkv, index_t n_head,
                                            const AttentionOptions& options = {}, Here at = Here::now());

}  // namespace xtape
