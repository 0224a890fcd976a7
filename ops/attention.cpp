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
using Needs = std::array<bool, 4>;

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

/// How many heads of q share one of k and v, where (..., H) and (..., Hkv) are their leading axes.
index_t heads_in_group(const Shape& q, const Shape& kv) {
  const index_t heads = q.empty() ? 1 : q.back(), shared = kv.empty() ? 1 : kv.back();
  return shared > 0 && heads > shared && heads % shared == 0 ? heads / shared : 1;
}

/// The shape (..., H, Tq, Tk) of the scores, and how many heads share one of k and v.
struct Scores {
  Shape shape;
  index_t group = 1;
};

/// Throws ShapeError where q, k and v do not fit.
Scores check_heads(const Shape& q, const Shape& k, const Shape& v, Here at) {
  const auto fail = [&](const std::string& why) {
    raise<ShapeError>(fmt::format("{}: q {}, k {} and v {}: {}", attention_op, to_string(q), to_string(k),
                                  to_string(v), why),
                      at);
  };
  if (q.size() < 2 || k.size() < 2 || v.size() < 2) fail("each needs two axes or more, (..., T, D)");
  const index_t keys = k[k.size() - 2], values = v[v.size() - 2];
  if (q.back() != k.back()) fail(fmt::format("q and k differ in head size, {} and {}", q.back(), k.back()));
  if (keys != values) fail(fmt::format("k and v differ in length, {} and {}", keys, values));
  const std::string no_broadcast =
      "the axes before the last two do not broadcast, and q's heads are no multiple of those of k and v";
  Shape leading = leading_axes(q), shared = leading_axes(k);
  if (!broadcast_together(shared, leading_axes(v))) fail(no_broadcast);
  const index_t group = heads_in_group(leading, shared);
  if (group > 1 && !shared.empty()) shared.back() *= group;
  if (!broadcast_together(leading, shared)) fail(no_broadcast);
  return {with_last_two(leading, q[q.size() - 2], keys), group};
}

/// x (..., T, D) repeated along its leading axes.
template <Real T>
BasicTensor<T> repeated(const BasicTensor<T>& x, const Shape& leading) {
  if (leading_axes(x.shape()) == leading) return x;
  return broadcast_to(x, with_last_two(leading, x.shape(-2), x.shape(-1)));
}

AttentionShape sizes_of(const Scores& scores, index_t head_size, index_t value_size) {
  const auto& [shape, group] = scores;
  const std::size_t rank = shape.size();
  index_t batch = 1;
  for (std::size_t d = 0; d + 3 < rank; ++d) batch *= shape[d];
  return {batch, rank < 3 ? 1 : shape[rank - 3], shape[rank - 2], shape[rank - 1], head_size, value_size,
          group};
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
  Saved<BasicTensor<T>> q, k, v, bias;
  Saved<Buffer<T>> logsumexp;
  AttentionRule rule;
  Scores scores;
};

template <Real T>
std::array<BasicTensor<T>, 4> attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                             const BasicTensor<T>& y, const Needs& needs) {
  const auto &q = kept.q(), &k = kept.k(), &v = kept.v(), &bias = kept.bias();
  const auto sizes = sizes_of(kept.scores, q.shape(-1), v.shape(-1));
  const auto rule = kernel_rule(kept.rule, bias, kept.scores.shape);
  const kernels::AttentionPast<T> past{heads_of(gy), heads_of(y), kept.logsumexp().data(),
                                       heads_of(q),  heads_of(k), heads_of(v)};
  std::array<BasicTensor<T>, 4> result;
  HeadsView<T> out[3] = {};
  for (std::size_t i = 0; i < 3; ++i)
    if (needs[i]) {
      auto gx = uninitialized<T>((i == 0 ? q : i == 1 ? k : v).shape());
      out[i] = heads_of(gx);
      result[i] = std::move(gx);
    }
  kernels::attention_grad<T>(out[0], out[1], out[2], past, sizes, rule);
  if (needs[3]) {
    auto gbias = uninitialized<T>(bias.shape());
    kernels::attention_bias_grad<T>(scores_view(gbias.data(), bias.shape(), kept.scores.shape), past, sizes,
                                    rule);
    result[3] = std::move(gbias);
  }
  return result;
}

template <Real T>
std::array<BasicTensor<T>, 4> composed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                                      const BasicTensor<T>&, const Needs& needs) {
  return composed_vjp([&](const auto&... inputs) { return composed::attention(inputs..., kept.rule); },
                      std::array{kept.q(), kept.k(), kept.v(), kept.bias()}, gy, needs);
}

/// k or v (..., Hkv, Tk, D), each head as often as its group of queries is large.
template <Real T>
BasicTensor<T> for_each_query_head(const BasicTensor<T>& x, const BasicTensor<T>& q) {
  const index_t group = heads_in_group(leading_axes(q.shape()), leading_axes(x.shape()));
  if (group == 1) return x;
  const std::size_t head = x.dimension() - 3;
  Shape grouped = x.shape(), flat = x.shape();
  grouped.insert(head + 1, group);
  flat[head] *= group;
  return reshape(broadcast_to(expand_dims(x, static_cast<index_t>(head) + 1), grouped), flat);
}

}  // namespace

template <Real T>
BasicTensor<T> composed::attention(const BasicTensor<T>& q, const BasicTensor<T>& k, const BasicTensor<T>& v,
                                   const BasicTensor<T>& bias, const AttentionRule& rule) {
  constexpr double hidden = -std::numeric_limits<double>::infinity();
  auto scores = matmul(q, for_each_query_head(k, q), {.transpose_b = true}) * rule.scale;  // (..., Tq, Tk)
  if (bias.has_value()) scores += bias;
  if (rule.causal) scores = where(tril_mask(q.shape(-2), k.shape(-2)), scores, hidden);
  if (rule.keep) scores = where(*rule.keep, scores, hidden);
  auto weights = softmax(scores);
  if (rule.dropout > 0) weights = dropout_again(weights, rule.dropout, rule.numbers);
  return matmul(weights, for_each_query_head(v, q));  // (..., Tq, Dv)
}

template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& queries,
                                            const std::type_identity_t<BasicTensor<T>>& keys,
                                            const std::type_identity_t<BasicTensor<T>>& values,
                                            const std::type_identity_t<AttentionOptions<T>>& options,
                                            Here at) {
  const CallSite site(at);
  const Scores scores = check_heads(queries.shape(), keys.shape(), values.shape(), at);
  const auto rule = make_rule(options, scores.shape, queries.shape(-1), at);
  const auto bias = make_bias(options.bias, scores.shape, at);
  Shape leading = leading_axes(scores.shape), shared = leading;
  if (!shared.empty()) shared.back() /= scores.group;
  const auto q = repeated(queries, leading), k = repeated(keys, shared), v = repeated(values, shared);
  auto y = uninitialized<T>(with_last_two(leading, q.shape(-2), v.shape(-1)), at);
  auto logsumexp = uninitialized<T>(Shape(scores.shape.begin(), scores.shape.end() - 1));
  kernels::attention<T>(heads_of(y), logsumexp.data(), heads_of(q), heads_of(k), heads_of(v),
                        sizes_of(scores, q.shape(-1), v.shape(-1)), kernel_rule(rule, bias, scores.shape));
  return record(
      {attention_op, at}, std::move(y),
      wrt({q, k, v, bias}, [kept = Kept<T>{saved(q, "q"), saved(k, "k"), saved(v, "v"), saved(bias, "bias"),
                                           saved(logsumexp, "logsumexp"), rule, scores}](
                               const auto& gy, const auto& result, const Needs& needs) {
        return fused(attention_grad<T>, composed_attention_grad<T>, kept, gy, result, needs);
      }));
}

template Tensor scaled_dot_product_attention(const Tensor&, const Tensor&, const Tensor&,
                                             const AttentionOptions<float>&, Here);
template Tensor64 scaled_dot_product_attention(const Tensor64&, const Tensor64&, const Tensor64&,
                                               const AttentionOptions<double>&, Here);
template Tensor composed::attention(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                                    const AttentionRule&);
template Tensor64 composed::attention(const Tensor64&, const Tensor64&, const Tensor64&, const Tensor64&,
                                      const AttentionRule&);

}  // namespace xtape
