// Which keys a query sees and how its weights are dropped: attention's options once checked and filled in.
#pragma once

#include <optional>

#include <xtape/ops/attention.hpp>
#include <xtape/ops/dropout_impl.hpp>
#include <xtape/ops/kernels/attention.hpp>

namespace xtape {

/// Names in errors and nodes.
inline constexpr char attention_op[] = "scaled_dot_product_attention";
inline constexpr char attention_weights_op[] = "attention_weights";

struct AttentionRule {
  double scale = 1;
  bool causal = false;
  std::optional<Mask> keep;  // such that scores_view() can step through it
  double dropout = 0;
  Drawn numbers;  // one for each weight
};

/// Throws ShapeError where a mask or bias does not broadcast to the scores (..., Tq, Tk).
void check_broadcasts_to_scores(const char* op, const char* name, const Shape& shape, const Shape& scores,
                                Here at);

/// The rule for scores (..., Tq, Tk) of heads of this size; random numbers are drawn here. Throws ShapeError
/// for a mask that does not broadcast, ValueError for a dropout outside [0, 1].
template <Real T>
AttentionRule make_rule(const char* op, const AttentionOptions<T>& options, const Shape& scores,
                        index_t head_size, Here at);

/// The bias such that scores_view() can step through it; empty where there is none. Throws ShapeError where
/// it does not broadcast to the scores.
template <Real T>
BasicTensor<T> make_bias(const char* op, const std::optional<BasicTensor<T>>& bias, const Shape& scores,
                         Here at);

/// An array that broadcasts to the scores, as kernels see it.
template <class E>
kernels::ScoresView<E> scores_view(E* data, const Shape& shape, const Shape& scores);

/// Rule and bias as kernels see them; valid as long as both.
template <Real T>
kernels::AttentionRule<T> kernel_rule(const AttentionRule& rule, const BasicTensor<T>& bias,
                                      const Shape& scores);

}  // namespace xtape
