// Attention's options checked, filled in, and handed to kernels.
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/layout.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape {

namespace {

/// How far apart neighbours are where the first n axes count as one, or nothing where steps differ.
std::optional<index_t> common_step(const Shape& shape, const Strides& strides, std::size_t n) {
  std::optional<index_t> step;
  index_t next = 0;
  for (std::size_t d = n; d-- > 0;) {
    if (shape[d] == 1) continue;
    if (step && strides[d] != next) return {};
    if (!step) step = strides[d];
    next = strides[d] * shape[d];
  }
  return step.value_or(0);
}

/// The number of axes before heads, queries and keys.
std::size_t batch_axes(const Shape& scores) { return scores.size() < 3 ? 0 : scores.size() - 3; }

/// `shape`, which broadcasts to the scores, repeated as far as scores_view() needs: along the batch axes,
/// where they do not count as one, and not along the others.
Shape steppable(const Shape& shape, const Shape& scores) {
  const std::size_t n = batch_axes(scores);
  if (common_step(scores, broadcast_strides(shape, scores), n)) return shape;
  Shape result = shape;
  while (result.size() < scores.size()) result.insert(0, 1);
  std::copy_n(scores.begin(), n, result.begin());
  return result;
}

Mask repeated(const Mask& keep, const Shape& shape) {
  if (keep.shape() == shape) return keep;
  const Strides strides = broadcast_strides(keep.shape(), shape);
  auto y = uninitialized<bool>(shape);
  for (index_t i = 0; i < y.size(); ++i) {
    index_t from = 0, rest = i;
    for (std::size_t d = shape.size(); d-- > 0; rest /= shape[d]) from += rest % shape[d] * strides[d];
    y.data()[i] = keep.data()[from];
  }
  return y;
}

}  // namespace

void check_broadcasts_to_scores(const char* op, const char* name, const Shape& shape, const Shape& scores,
                                Here at) {
  if (!broadcasts_to(shape, scores))
    raise<ShapeError>(fmt::format("{}: {} {} does not broadcast to the scores {}, which are (..., queries, "
                                  "keys)",
                                  op, name, to_string(shape), to_string(scores)),
                      at);
}

template <Real T>
AttentionRule make_rule(const char* op, const AttentionOptions<T>& options, const Shape& scores,
                        index_t head_size, Here at) {
  AttentionRule rule;
  rule.scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(std::max<index_t>(head_size, 1))));
  rule.causal = options.causal;
  if (options.keep) {
    check_broadcasts_to_scores(op, "keep", options.keep->shape(), scores, at);
    rule.keep = repeated(*options.keep, steppable(options.keep->shape(), scores));
  }
  check_probability(op, "dropout", options.dropout, at);
  rule.dropout = options.dropout;
  if (rule.dropout > 0)
    rule.numbers = (options.generator ? *options.generator : default_generator()).draw(element_count(scores));
  return rule;
}

template <Real T>
BasicTensor<T> make_bias(const char* op, const std::optional<BasicTensor<T>>& bias, const Shape& scores,
                         Here at) {
  if (!bias) return {};
  check_broadcasts_to_scores(op, "bias", bias->shape(), scores, at);
  return broadcast_to(*bias, steppable(bias->shape(), scores), at);
}

template <class E>
kernels::ScoresView<E> scores_view(E* data, const Shape& shape, const Shape& scores) {
  const std::size_t rank = scores.size();
  const Strides strides = broadcast_strides(shape, scores);
  return {data, *common_step(scores, strides, batch_axes(scores)), rank > 2 ? strides[rank - 3] : 0,
          strides[rank - 2], strides[rank - 1]};
}

template <Real T>
kernels::AttentionRule<T> kernel_rule(const AttentionRule& rule, const BasicTensor<T>& bias,
                                      const Shape& scores) {
  kernels::AttentionRule<T> result{.scale = rule.scale,
                                   .causal = rule.causal,
                                   .dropout = {rule.dropout, rule.numbers, element_count(scores)}};
  if (rule.keep) result.keep = scores_view(rule.keep->data(), rule.keep->shape(), scores);
  if (bias.has_value()) result.bias = scores_view(bias.data(), bias.shape(), scores);
  return result;
}

template AttentionRule make_rule(const char*, const AttentionOptions<float>&, const Shape&, index_t, Here);
template AttentionRule make_rule(const char*, const AttentionOptions<double>&, const Shape&, index_t, Here);
template Tensor make_bias(const char*, const std::optional<Tensor>&, const Shape&, Here);
template Tensor64 make_bias(const char*, const std::optional<Tensor64>&, const Shape&, Here);
template kernels::ScoresView<float> scores_view(float*, const Shape&, const Shape&);
template kernels::ScoresView<double> scores_view(double*, const Shape&, const Shape&);
template kernels::AttentionRule<float> kernel_rule(const AttentionRule&, const Tensor&, const Shape&);
template kernels::AttentionRule<double> kernel_rule(const AttentionRule&, const Tensor64&, const Shape&);

}  // namespace xtape
