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

/// The sizes of the heads in qkv (B, T, (H + 2 Hkv) D). Throws ShapeError or ValueError where there are none.
AttentionShape check_packed(const char* op, const Shape& qkv, index_t n_head, index_t n_kv_head, Here at) {
  check_rank(op, "qkv", qkv, 3, at);
  const auto fail = [&](const std::string& why) { raise<ValueError>(fmt::format("{}: {}", op, why), at); };
  if (n_head < 1) fail(fmt::format("n_head = {}; it is 1 or more", n_head));
  if (n_kv_head < 1) fail(fmt::format("n_kv_head = {}; it is 1 or more", n_kv_head));
  if (n_head % n_kv_head != 0)
    fail(fmt::format("n_head = {} is not a multiple of n_kv_head = {}", n_head, n_kv_head));
  const index_t heads = n_head + 2 * n_kv_head;
  if (qkv[2] % heads != 0)
    raise<ShapeError>(
        fmt::format("{}: the last axis of qkv {} does not divide into {} heads of q and {} each "
                    "of k and v",
                    op, to_string(qkv), n_head, n_kv_head),
        at);
  const index_t head_size = qkv[2] / heads;
  return {qkv[0], n_head, qkv[1], qkv[1], head_size, head_size, n_head / n_kv_head};
}

index_t kv_heads(const AttentionShape& shape) { return shape.heads / shape.group; }

Shape scores_of(const AttentionShape& shape) { return {shape.batch, shape.heads, shape.queries, shape.keys}; }

template <class E>
HeadsView<E> merged_heads(E* data, const AttentionShape& shape) {  // (B, T, H D)
  const index_t width = shape.heads * shape.head_size;
  return {data, shape.queries * width, shape.head_size, width};
}

/// Part 0, 1 or 2 is q, k or v.
template <class E>
HeadsView<E> packed_heads(E* data, index_t part, const AttentionShape& shape) {  // (B, T, (H + 2 Hkv) D)
  const index_t shared = kv_heads(shape), width = (shape.heads + 2 * shared) * shape.head_size;
  const index_t first_head = part == 0 ? 0 : shape.heads + (part - 1) * shared;
  return {data + first_head * shape.head_size, shape.queries * width, shape.head_size, width};
}

/// What the gradients read.
template <Real T>
struct Kept {
  Saved<BasicTensor<T>> qkv, bias;
  Saved<Buffer<T>> logsumexp;
  AttentionRule rule;
  AttentionShape shape;
};

using Needs = std::array<bool, 2>;

template <Real T>
std::array<BasicTensor<T>, 2> packed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                                    const BasicTensor<T>& y, const Needs& needs) {
  const auto& shape = kept.shape;
  const auto &qkv = kept.qkv(), &bias = kept.bias();
  const auto rule = kernel_rule(kept.rule, bias, scores_of(shape));
  const auto in = [&](index_t part) { return packed_heads(qkv.data(), part, shape); };
  const kernels::AttentionPast<T> past{merged_heads(gy.data(), shape),
                                       merged_heads(y.data(), shape),
                                       kept.logsumexp().data(),
                                       in(0),
                                       in(1),
                                       in(2)};
  std::array<BasicTensor<T>, 2> result;
  if (needs[0]) {
    auto gx = uninitialized<T>(qkv.shape());
    const auto out = [&](index_t part) { return packed_heads(gx.data(), part, shape); };
    kernels::attention_grad<T>(out(0), out(1), out(2), past, shape, rule);
    result[0] = std::move(gx);
  }
  if (needs[1]) {
    auto gbias = uninitialized<T>(bias.shape());
    kernels::attention_bias_grad(scores_view(gbias.data(), bias.shape(), scores_of(shape)), past, shape,
                                 rule);
    result[1] = std::move(gbias);
  }
  return result;
}

template <Real T>
std::array<BasicTensor<T>, 2> composed_packed_attention_grad(const Kept<T>& kept, const BasicTensor<T>& gy,
                                                             const BasicTensor<T>&, const Needs& needs) {
  const auto composed = [&](const auto& qkv, const auto& bias) {
    return composed::packed_attention(qkv, bias, kept.shape.heads, kv_heads(kept.shape), kept.rule);
  };
  return composed_vjp(composed, std::array{kept.qkv(), kept.bias()}, gy, needs);
}

/// qkv (B, T, (H + 2 Hkv) D) as q (B, H, T, D), k and v (B, Hkv, T, D).
template <Real T>
std::array<BasicTensor<T>, 3> unpacked(const BasicTensor<T>& qkv, index_t n_head, index_t n_kv_head) {
  const index_t size = qkv.shape(2) / (n_head + 2 * n_kv_head);
  const auto heads = [&](const BasicTensor<T>& x, index_t count) {
    return swapaxes(reshape(x, {x.shape(0), x.shape(1), count, size}), 1, 2);
  };
  const auto parts = split(qkv, {n_head * size, (n_head + n_kv_head) * size}, -1);
  return {heads(parts[0], n_head), heads(parts[1], n_kv_head), heads(parts[2], n_kv_head)};
}

}  // namespace

template <Real T>
BasicTensor<T> composed::packed_attention(const BasicTensor<T>& qkv, const BasicTensor<T>& bias,
                                          index_t n_head, index_t n_kv_head, const AttentionRule& rule) {
  const auto [q, k, v] = unpacked(qkv, n_head, n_kv_head);
  const auto y = attention(q, k, v, bias, rule);  // (B, H, T, D)
  return flatten(swapaxes(y, 1, 2), 2);           // (B, T, H D)
}

template <Real T>
BasicTensor<T> scaled_dot_product_attention(const BasicTensor<T>& qkv, index_t n_head, index_t n_kv_head,
                                            const std::type_identity_t<AttentionOptions<T>>& options,
                                            Here at) {
  const CallSite site(at);
  const auto shape = check_packed(attention_op, qkv.shape(), n_head, n_kv_head, at);
  const auto rule = make_rule(attention_op, options, scores_of(shape), shape.head_size, at);
  const auto bias = make_bias(attention_op, options.bias, scores_of(shape), at);
  auto y = uninitialized<T>({shape.batch, shape.queries, shape.heads * shape.head_size}, at);
  auto logsumexp = uninitialized<T>({shape.batch, shape.heads, shape.queries});
  const auto in = [&](index_t part) { return packed_heads(qkv.data(), part, shape); };
  kernels::attention<T>(merged_heads(y.data(), shape), logsumexp.data(), in(0), in(1), in(2), shape,
                        kernel_rule(rule, bias, scores_of(shape)));
  return record(
      {attention_op, at}, std::move(y),
      wrt({qkv, bias}, [kept = Kept<T>{saved(qkv, "qkv"), saved(bias, "bias"), saved(logsumexp, "logsumexp"),
                                       rule, shape}](const auto& gy, const auto& result, const Needs& needs) {
        return fused(packed_attention_grad<T>, composed_packed_attention_grad<T>, kept, gy, result, needs);
      }));
}

template <Real T>
BasicTensor<T> attention_weights(const BasicTensor<T>& qkv, index_t n_head, index_t n_kv_head,
                                 const std::type_identity_t<AttentionOptions<T>>& options, Here at) {
  const CallSite site(at);
  check_packed(attention_weights_op, qkv.shape(), n_head, n_kv_head, at);
  const auto [q, k, v] = unpacked(qkv, n_head, n_kv_head);
  return attention_weights(q, k, options, at);
}

template Tensor scaled_dot_product_attention(const Tensor&, index_t, index_t, const AttentionOptions<float>&,
                                             Here);
template Tensor64 scaled_dot_product_attention(const Tensor64&, index_t, index_t,
                                               const AttentionOptions<double>&, Here);
template Tensor attention_weights(const Tensor&, index_t, index_t, const AttentionOptions<float>&, Here);
template Tensor64 attention_weights(const Tensor64&, index_t, index_t, const AttentionOptions<double>&, Here);
template Tensor composed::packed_attention(const Tensor&, const Tensor&, index_t, index_t,
                                           const AttentionRule&);
template Tensor64 composed::packed_attention(const Tensor64&, const Tensor64&, index_t, index_t,
                                             const AttentionRule&);

}  // namespace xtape
