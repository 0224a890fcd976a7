// Which keys a query sees and how its weights are dropped: attention's options once checked and filled in.
#pragma once

#include <optional>

#include <xtape/ops/attention.hpp>
#include <xtape/ops/dropout_impl.hpp>
#include <xtape/ops/kernels/attention.hpp>

namespace xtape {

/// The name in errors and nodes.
inline constexpr char attention_op[] = "scaled_dot_product_attention";

struct AttentionRule {
  double scale = 1;
  bool causal = false;
  std::optional<Mask> keep;  // such that kernel_rule() can step through it
  double dropout = 0;
  Drawn numbers;  // one for each weight
};

/// The rule for scores (..., Tq, Tk) of heads of this size; random numbers are drawn here. Throws ShapeError
/// for a mask that does not broadcast, ValueError for a dropout outside [0, 1].
AttentionRule make_rule(const AttentionOptions& options, const Shape& scores, index_t head_size, Here at);

/// The rule as kernels see it; valid as long as `rule`.
kernels::AttentionRule kernel_rule(const AttentionRule& rule, const Shape& scores);

}  // namespace xtape
