// Fused ops, composed of public ones: what their gradients of gradients are made of, and what their tests
// compare with.
#pragma once

#include <xtape/core/tensor.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/cross_entropy.hpp>

namespace xtape::composed {

/// layer_norm() over the last `axes` axes; an empty weight or bias is left out.
template <Real T>
BasicTensor<T> layer_norm(const BasicTensor<T>& x, const BasicTensor<T>& weight, const BasicTensor<T>& bias,
                          std::size_t axes, double eps);

/// cross_entropy(), of arguments that it has checked.
template <Real T>
BasicTensor<T> cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                             const CrossEntropyOptions& options);

/// attention_weights() of q and k with the same leading axes, but for heads that share one of k; an empty
/// bias is left out.
template <Real T>
BasicTensor<T> attention_weights(const BasicTensor<T>& q, const BasicTensor<T>& k, const BasicTensor<T>& bias,
                                 const AttentionRule& rule);

/// scaled_dot_product_attention() of q, k and v with the same leading axes, but for heads that share one of k
/// and v; an empty bias is left out.
template <Real T>
BasicTensor<T> attention(const BasicTensor<T>& q, const BasicTensor<T>& k, const BasicTensor<T>& v,
                         const BasicTensor<T>& bias, const AttentionRule& rule);

/// scaled_dot_product_attention() of packed heads.
template <Real T>
BasicTensor<T> packed_attention(const BasicTensor<T>& qkv, const BasicTensor<T>& bias, index_t n_head,
                                index_t n_kv_head, const AttentionRule& rule);

}  // namespace xtape::composed
