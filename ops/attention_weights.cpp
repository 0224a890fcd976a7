// The weights of attention, and attention composed of them.
#include <xtape/core/call_site.hpp>
#include <xtape/core/precision.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention_heads_impl.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/softmax.hpp>

#include <limits>

namespace xtape {

template <Real T>
BasicTensor<T> composed::attention_weights(const BasicTensor<T>& q, const BasicTensor<T>& k,
                                           const BasicTensor<T>& bias, const AttentionRule& rule) {
  const detail::PrecisionScope full(Precision::full);  // as the fused op
  constexpr double hidden = -std::numeric_limits<double>::infinity();
  auto scores = matmul(q, for_each_query_head(k, q), {.transpose_b = true}) * rule.scale;  // (..., Tq, Tk)
  if (bias.has_value()) scores += bias;
  if (rule.causal) scores = where(tril_mask(q.shape(-2), k.shape(-2)), scores, hidden);
  if (rule.keep) scores = where(*rule.keep, scores, hidden);
  const auto weights = softmax(scores);  // (..., Tq, Tk)
  return rule.dropout > 0 ? dropout_again(weights, rule.dropout, rule.numbers) : weights;
}

template <Real T>
BasicTensor<T> composed::attention(const BasicTensor<T>& q, const BasicTensor<T>& k, const BasicTensor<T>& v,
                                   const BasicTensor<T>& bias, const AttentionRule& rule) {
  const detail::PrecisionScope full(Precision::full);                                       // as the fused op
  return matmul(composed::attention_weights(q, k, bias, rule), for_each_query_head(v, q));  // (..., Tq, Dv)
}

template <Real T>
BasicTensor<T> attention_weights(const BasicTensor<T>& queries,
                                 const std::type_identity_t<BasicTensor<T>>& keys,
                                 const std::type_identity_t<AttentionOptions<T>>& options, Here at) {
  const CallSite site(at);
  const Scores scores = check_heads(attention_weights_op, queries.shape(), keys.shape(), nullptr, at);
  const auto rule = make_rule(attention_weights_op, options, scores.shape, queries.shape(-1), at);
  const auto bias = make_bias(attention_weights_op, options.bias, scores.shape, at);
  const auto q = repeated(queries, leading_axes(scores.shape)), k = repeated(keys, scores.shared_axes());
  return composed::attention_weights(q, k, bias, rule);
}

template Tensor attention_weights(const Tensor&, const Tensor&, const AttentionOptions<float>&, Here);
template Tensor64 attention_weights(const Tensor64&, const Tensor64&, const AttentionOptions<double>&, Here);
template Tensor composed::attention_weights(const Tensor&, const Tensor&, const Tensor&,
                                            const AttentionRule&);
template Tensor64 composed::attention_weights(const Tensor64&, const Tensor64&, const Tensor64&,
                                              const AttentionRule&);
template Tensor composed::attention(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                    const AttentionRule&);
template Tensor64 composed::attention(const Tensor64&, const Tensor64&, const Tensor64&, const Tensor64&,
                                      const AttentionRule&);

}  // namespace xtape
