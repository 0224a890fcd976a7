// Scaled dot-product attention of packed queries, keys and values: the kernel reads and writes them in place.
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/attention_rule_impl.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

using kernels::AttentionShape;
using kernels::HeadsView;

/// The sizes of the heads in qkv (B, T, 3 H D). Throws ShapeError or ValueError where there are none.
AttentionShape check_packed(const Shape& qkv, index_t n_head, Here at) {
  check_rank(attention_op, "qkv", qkv, 3, at);
  if (n_head < 1)
    raise<ValueError>(fmt::format("{}: n_head = {}; it is 1 or more", attention_op, n_head), at);
  if (qkv[2] % (3 * n_head) != 0)
    raise<ShapeError>(fmt::format("{}: the last axis of qkv {} does not divide into q, k and v of {} heads",
                                  attention_op, to_string(qkv), n_head),
                      at);
  const index_t head_size = qkv[2] / (3 * n_head);
  return {qkv[0], n_head, qkv[1], qkv[1], head_size, head_size};
}

Shape scores_of(const AttentionShape& shape) { return {shape.batch, shape.heads, shape.queries, shape.keys}; }

template <class E>
HeadsView<E> merged_heads(E* data, const AttentionShape& shape) {  // (B, T, H D)
  const index_t width = shape.heads * shape.head_size;
  return {data, shape.queries * width, shape.head_size, width};
}

/// Part 0, 1 or 2 is q, k or v.
template <class E>
HeadsView<E> packed_heads(E* data, index_t part, const AttentionShape& shape) {  // (B, T, 3 H D)
  const index_t width = shape.heads * shape.head_size;
  return {data + part * width, shape.queries * 3 * width, shape.head_size, 3 * width};
}

/// What the gradient reads.
template <Real T>
struct Kept {
  Saved<BasicTensor<T>> qkv;
  Saved<Buffer<T>> logsumexp;
  AttentionRule rule;
  AttentionShape shape;
};

template <Real T>
BasicTensor<T> packed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy, const BasicTensor<T>& y) {
  const auto& shape = kept.shape;
  const T* x = kept.qkv().data();
  auto gx = uninitialized<T>(kept.qkv().shape());
  const auto out = [&](index_t part) { return packed_heads(gx.data(), part, shape); };
  const auto in = [&](index_t part) { return packed_heads(x, part, shape); };
  kernels::attention_grad<T>(out(0), out(1), out(2), merged_heads(gy.data(), shape),
                             merged_heads(y.data(), shape), kept.logsumexp().data(), in(0), in(1), in(2),
                             shape, kernel_rule(kept.rule, scores_of(shape)));
  return gx;
}

template <Real T>
BasicTensor<T> composed_packed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                              const BasicTensor<T>&) {
  const auto composed = [&](const auto& qkv) {
    return composed::packed_attention(qkv, kept.shape.heads, kept.rule);
  };
  return composed_vjp(composed, std::array{kept.qkv()}, gy, {true})[0];
}

}  // namespace

template <Real T>
BasicTensor<T> composed::packed_attention(const BasicTensor<T>& qkv, index_t n_head,
                                          const AttentionRule& rule) {
  const index_t batch = qkv.shape(0), length = qkv.shape(1), width = qkv.shape(2) / 3;
  const auto heads = [&](const BasicTensor<T>& x) {
    return swapaxes(reshape(x, {batch, length, n_head, width / n_head}), 1, 2);  // (B, H, T, D)
  };
  const auto parts = split(qkv, 3, -1);                                               // (B, T, C) each
  const auto y = attention(heads(parts[0]), heads(parts[1]), heads(parts[2]), rule);  // (B, H, T, D)
  return reshape(swapaxes(y, 1, 2), {batch, length, width});                          // (B, T, C)
}

template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& qkv, index_t n_head,
                                            const AttentionOptions& options, Here at) {
  const auto shape = check_packed(qkv.shape(), n_head, at);
  const auto rule = make_rule(options, scores_of(shape), shape.head_size, at);
  auto y = uninitialized<T>({shape.batch, shape.queries, shape.heads * shape.head_size}, at);
  auto logsumexp = uninitialized<T>({shape.batch, shape.heads, shape.queries});
  const auto in = [&](index_t part) { return packed_heads(qkv.data(), part, shape); };
  kernels::attention<T>(merged_heads(y.data(), shape), logsumexp.data(), in(0), in(1), in(2), shape,
                        kernel_rule(rule, scores_of(shape)));
  return record({attention_op, at}, std::move(y),
                wrt(qkv, [kept = Kept<T>{saved(qkv, "qkv"), saved(logsumexp, "logsumexp"), rule, shape}](
                             const auto& gy, const auto& result) {
                  return fused(packed_attention_grad<T>, composed_packed_attention_grad<T>, kept, gy, result);
                }));
}

template Tensor scaled_dot_product_attention(const Tensor&, index_t, const AttentionOptions&, Here);
template Tensor64 scaled_dot_product_attention(const Tensor64&, index_t, const AttentionOptions&, Here);
template Tensor composed::packed_attention(const Tensor&, index_t, const AttentionRule&);
template Tensor64 composed::packed_attention(const Tensor64&, index_t, const AttentionRule&);

}  // namespace xtape
