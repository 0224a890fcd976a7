// Scaled dot-product attention of separate queries, keys and values.
#include <xtape/ops/attention.hpp>

#include <xtape/core/fused.hpp>
#include <xtape/ops/attention_heads_impl.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/composed_impl.hpp>

namespace xtape {

namespace {

using kernels::AttentionShape;
using kernels::HeadsView;
using Needs = std::array<bool, 4>;

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

}  // namespace

template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& queries,
                                            const std::type_identity_t<BasicTensor<T>>& keys,
                                            const std::type_identity_t<BasicTensor<T>>& values,
                                            const std::type_identity_t<AttentionOptions<T>>& options,
                                            Here at) {
  const CallSite site(at);
  const Scores scores = check_heads(attention_op, queries.shape(), keys.shape(), &values.shape(), at);
  const auto rule = make_rule(attention_op, options, scores.shape, queries.shape(-1), at);
  const auto bias = make_bias(attention_op, options.bias, scores.shape, at);
  const Shape leading = leading_axes(scores.shape), shared = scores.shared_axes();
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

}  // namespace xtape
