// Scaled dot-product attention of separate queries, keys and values.
#include <xtape/ops/attention.hpp>

#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

#include <limits>

namespace xtape {

namespace {

using kernels::AttentionShape;
using kernels::HeadsView;
using Needs = std::array<bool, 3>;

Shape leading_axes(const Shape& x) { return Shape(x.begin(), x.end() - 2); }

Shape with_last_two(Shape leading, index_t rows, index_t columns) {
  leading.push_back(rows);
  leading.push_back(columns);
  return leading;
}

/// Grows a to the shape that a and b broadcast to; false where there is none.
bool broadcast_together(Shape& a, const Shape& b) {
  while (a.size() < b.size()) a.insert(0, 1);
  const std::size_t missing = a.size() - b.size();
  for (std::size_t d = 0; d < b.size(); ++d) {
    index_t& extent = a[missing + d];
    if (extent != b[d] && extent != 1 && b[d] != 1) return false;
    if (extent == 1) extent = b[d];
  }
  return true;
}

/// The shape (..., Tq, Tk) of the scores. Throws ShapeError where q, k and v do not fit.
Shape check_heads(const Shape& q, const Shape& k, const Shape& v, Here at) {
  const auto fail = [&](const std::string& why) {
    raise<ShapeError>(fmt::format("{}: q {}, k {} and v {}: {}", attention_op, to_string(q), to_string(k),
                                  to_string(v), why),
                      at);
  };
  if (q.size() < 2 || k.size() < 2 || v.size() < 2) fail("each needs two axes or more, (..., T, D)");
  const index_t keys = k[k.size() - 2], values = v[v.size() - 2];
  if (q.back() != k.back()) fail(fmt::format("q and k differ in head size, {} and {}", q.back(), k.back()));
  if (keys != values) fail(fmt::format("k and v differ in length, {} and {}", keys, values));
  Shape leading = leading_axes(q);
  if (!broadcast_together(leading, leading_axes(k)) || !broadcast_together(leading, leading_axes(v)))
    fail("the axes before the last two do not broadcast");
  return with_last_two(leading, q[q.size() - 2], keys);
}

/// x (..., T, D) repeated along its leading axes.
template <Real T>
BasicTensor<T> repeated(const BasicTensor<T>& x, const Shape& leading) {
  if (leading_axes(x.shape()) == leading) return x;
  return broadcast_to(x, with_last_two(leading, x.shape(-2), x.shape(-1)));
}

AttentionShape sizes_of(const Shape& scores, index_t head_size, index_t value_size) {
  const std::size_t rank = scores.size();
  index_t batch = 1;
  for (std::size_t d = 0; d + 3 < rank; ++d) batch *= scores[d];
  return {batch, rank < 3 ? 1 : scores[rank - 3], scores[rank - 2], scores[rank - 1], head_size, value_size};
}

template <class E>
HeadsView<E> heads_of(E* data, const Shape& shape) {  // (..., H, T, D), or (T, D): one head
  const std::size_t rank = shape.size();
  const index_t row = shape[rank - 1], head = shape[rank - 2] * row;
  return {data, rank < 3 ? head : shape[rank - 3] * head, head, row};
}
template <Real T>
HeadsView<const T> heads_of(const BasicTensor<T>& x) {
  return heads_of(x.data(), x.shape());
}
template <Real T>
HeadsView<T> heads_of(Buffer<T>& x) {
  return heads_of(x.data(), x.shape());
}

/// What the gradients read.
template <Real T>
struct Kept {
  Saved<BasicTensor<T>> q, k, v;
  Saved<Buffer<T>> logsumexp;
  AttentionRule rule;
  Shape scores;
};

template <Real T>
std::array<BasicTensor<T>, 3> attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                             const BasicTensor<T>& y, const Needs&) {
  const auto &q = kept.q(), &k = kept.k(), &v = kept.v();
  auto gq = uninitialized<T>(q.shape()), gk = uninitialized<T>(k.shape()), gv = uninitialized<T>(v.shape());
  kernels::attention_grad<T>(heads_of(gq), heads_of(gk), heads_of(gv), heads_of(gy), heads_of(y),
                             kept.logsumexp().data(), heads_of(q), heads_of(k), heads_of(v),
                             sizes_of(kept.scores, q.shape(-1), v.shape(-1)),
                             kernel_rule(kept.rule, kept.scores));
  return {std::move(gq), std::move(gk), std::move(gv)};
}

template <Real T>
std::array<BasicTensor<T>, 3> composed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                                      const BasicTensor<T>&, const Needs& needs) {
  return composed_vjp([&](const auto&... heads) { return composed::attention(heads..., kept.rule); },
                      std::array{kept.q(), kept.k(), kept.v()}, gy, needs);
}

}  // namespace

template <Real T>
BasicTensor<T> composed::attention(const BasicTensor<T>& q, const BasicTensor<T>& k, const BasicTensor<T>& v,
                                   const AttentionRule& rule) {
  constexpr double hidden = -std::numeric_limits<double>::infinity();
  auto scores = matmul(q, k, {.transpose_b = true}) * rule.scale;  // (..., Tq, Tk)
  if (rule.causal) scores = where(tril_mask(q.shape(-2), k.shape(-2)), scores, hidden);
  if (rule.keep) scores = where(*rule.keep, scores, hidden);
  auto weights = softmax(scores);
  if (rule.dropout > 0) weights = dropout_again(weights, rule.dropout, rule.numbers);
  return matmul(weights, v);  // (..., Tq, Dv)
}

template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& queries,
                                            const std::type_identity_t<BasicTensor<T>>& keys,
                                            const std::type_identity_t<BasicTensor<T>>& values,
                                            const AttentionOptions& options, Here at) {
  const CallSite site(at);
  const Shape scores = check_heads(queries.shape(), keys.shape(), values.shape(), at);
  const auto rule = make_rule(options, scores, queries.shape(-1), at);
  const Shape leading = leading_axes(scores);
  const auto q = repeated(queries, leading), k = repeated(keys, leading), v = repeated(values, leading);
  auto y = uninitialized<T>(with_last_two(leading, q.shape(-2), v.shape(-1)), at);
  auto logsumexp = uninitialized<T>(Shape(scores.begin(), scores.end() - 1));
  kernels::attention<T>(heads_of(y), logsumexp.data(), heads_of(q), heads_of(k), heads_of(v),
                        sizes_of(scores, q.shape(-1), v.shape(-1)), kernel_rule(rule, scores));
  return record({attention_op, at}, std::move(y),
                wrt({q, k, v}, [kept = Kept<T>{saved(q, "q"), saved(k, "k"), saved(v, "v"),
                                               saved(logsumexp, "logsumexp"), rule, scores}](
                                   const auto& gy, const auto& result, const Needs& needs) {
                  return fused(attention_grad<T>, composed_attention_grad<T>, kept, gy, result, needs);
                }));
}

template Tensor scaled_dot_product_attention(const Tensor&, const Tensor&, const Tensor&,
                                             const AttentionOptions&, Here);
template Tensor64 scaled_dot_product_attention(const Tensor64&, const Tensor64&, const Tensor64&,
                                               const AttentionOptions&, Here);
template Tensor composed::attention(const Tensor&, const Tensor&, const Tensor&, const AttentionRule&);
template Tensor64 composed::attention(const Tensor64&, const Tensor64&, const Tensor64&,
                                      const AttentionRule&);

}  // namespace xtape
