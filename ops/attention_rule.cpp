// Which keys a query sees and how its weights are dropped: attention's options once checked and filled in.
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/attention_rule_impl.hpp>

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

/// The mask repeated along every axis but the last two.
Mask repeated(const Mask& keep, const Shape& scores) {
  const Strides strides = broadcast_strides(keep.shape(), scores);
  auto y = uninitialized<bool>(scores);
  for (index_t i = 0; i < y.size(); ++i) {
    index_t from = 0, rest = i;
    for (std::size_t d = scores.size(); d-- > 0; rest /= scores[d]) from += rest % scores[d] * strides[d];
    y.data()[i] = keep.data()[from];
  }
  return y;
}

}  // namespace

AttentionRule make_rule(const AttentionOptions& options, const Shape& scores, index_t head_size, Here at) {
  AttentionRule rule;
  rule.scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(std::max<index_t>(head_size, 1))));
  rule.causal = options.causal;
  rule.keep = options.keep;
  if (rule.keep) {
    if (!broadcasts_to(rule.keep->shape(), scores))
      raise<ShapeError>(
          fmt::format("{}: keep {} does not broadcast to the scores {}, which are (..., queries, "
                      "keys)",
                      attention_op, to_string(rule.keep->shape()), to_string(scores)),
          at);
    if (!common_step(scores, broadcast_strides(rule.keep->shape(), scores), batch_axes(scores)))
      rule.keep = repeated(*rule.keep, scores);
  }
  check_probability(attention_op, "dropout", options.dropout, at);
  rule.dropout = options.dropout;
  if (rule.dropout > 0)
    rule.numbers = draw(options.generator ? *options.generator : default_generator(), element_count(scores));
  return rule;
}

kernels::AttentionRule kernel_rule(const AttentionRule& rule, const Shape& scores) {
  kernels::AttentionRule result{.scale = rule.scale,
                                .causal = rule.causal,
                                .dropout = rule.dropout,
                                .seed = rule.numbers.seed,
                                .first = rule.numbers.first};
  if (!rule.keep) return result;
  const std::size_t rank = scores.size();
  const Strides strides = broadcast_strides(rule.keep->shape(), scores);
  result.keep = {rule.keep->data(), *common_step(scores, strides, batch_axes(scores)),
                 rank > 2 ? strides[rank - 3] : 0, strides[rank - 2], strides[rank - 1]};
  return result;
}

}  // namespace xtape
