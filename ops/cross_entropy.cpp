// Losses: one number that says how far predictions are from targets.
#include <xtape/ops/loss.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/cross_entropy.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

void check_targets(const Shape& logits, const Indices& targets, const CrossEntropyOptions& options, Here at) {
  check_rank_at_least("cross_entropy", "logits", logits, 1, at);
  Shape rows = logits;
  rows.pop_back();
  if (targets.shape() != rows)
    raise<ShapeError>(
        fmt::format(
            "cross_entropy: targets of shape {} do not fit logits of shape {}, the last axis of which "
            "holds the classes; they need {}",
            to_string(targets.shape()), to_string(logits), to_string(rows)),
        at);
  check_probability("cross_entropy", "label_smoothing", options.label_smoothing, at);
  check_indices("cross_entropy", targets.data(), targets.size(), logits.back(), at, &options.ignore_index);
}

kernels::ClassTargets as_kernels_see(const Indices& targets, const CrossEntropyOptions& options) {
  return {targets.data(), options.ignore_index, options.label_smoothing};
}

/// What the gradient of a cross_entropy reads.
template <Real T>
struct Kept {
  Saved<BasicTensor<T>> logits;
  Saved<Buffer<T>> logsumexp;
  Indices targets;
  CrossEntropyOptions options;
  index_t rows;  // that count
};

template <Real T>
BasicTensor<T> cross_entropy_grad(const Kept<T>& kept, const BasicTensor<T>& gy) {
  const auto& x = kept.logits();
  auto gx = uninitialized<T>(x.shape());
  const T row_gy = gy.item() / static_cast<T>(kept.rows);
  kernels::cross_entropy_grad(gx.data(), &row_gy, 0, x.data(), kept.logsumexp().data(),
                              as_kernels_see(kept.targets, kept.options), kept.targets.size(),
                              x.shape().back());
  return gx;
}

template <Real T>
BasicTensor<T> composed_cross_entropy_grad(const Kept<T>& kept, const BasicTensor<T>& gy) {
  const auto composed = [&](const auto& x) { return composed::cross_entropy(x, kept.targets, kept.options); };
  return composed_vjp(composed, std::array{kept.logits()}, gy, {true})[0];
}

}  // namespace

template <Real T>
BasicTensor<T> composed::cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                                       const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  auto classes = uninitialized<std::int64_t>(targets.shape());
  auto ignored = uninitialized<bool>(targets.shape());
  index_t rows = targets.size();
  for (index_t r = 0; r < targets.size(); ++r) {
    ignored.data()[r] = targets.data()[r] == options.ignore_index;
    classes.data()[r] = ignored.data()[r] ? 0 : targets.data()[r];
    rows -= ignored.data()[r];
  }
  Shape column = targets.shape();
  column.push_back(1);
  const auto p = log_softmax(logits);
  auto scores = reshape(take_along_axis(p, Indices(classes).reshape(column), -1), targets.shape());
  if (smoothing > 0) scores = (1 - smoothing) * scores + smoothing * mean(p, -1);
  return -sum(masked_fill(scores, ignored, 0)) / static_cast<T>(rows);
}

template <Real T>
BasicTensor<T> cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                             CrossEntropyOptions options, Here at) {
  check_targets(logits.shape(), targets, options, at);
  auto losses = uninitialized<T>(targets.shape()), logsumexp = uninitialized<T>({targets.size(), 2});
  const auto seen = as_kernels_see(targets, options);
  kernels::cross_entropy(losses.data(), logsumexp.data(), logits.data(), seen, targets.size(),
                         logits.shape().back());
  const auto total = kernels::total_loss(losses.data(), seen, targets.size());
  auto y = uninitialized<T>({});
  *y.data() = static_cast<T>(total.sum / static_cast<double>(total.kept));
  return record({"cross_entropy", at}, std::move(y),
                wrt(logits, [kept = Kept<T>{saved(logits, "logits"), saved(logsumexp, "logsumexp"), targets,
                                            options, total.kept}](const BasicTensor<T>& gy) {
                  return fused(cross_entropy_grad<T>, composed_cross_entropy_grad<T>, kept, gy);
                }));
}

template <Real T>
BasicTensor<T> mse_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                        Here at) {
  check_same_shape("mse_loss", "x", x.shape(), "target", target.shape(), at);
  const CallSite site(at);
  return mean(elementwise(
      "mse_loss", [](auto a, auto b) { return (a - b) * (a - b); }, x, target));
}

template <Real T>
BasicTensor<T> binary_cross_entropy_with_logits(const BasicTensor<T>& x,
                                                const std::type_identity_t<BasicTensor<T>>& target, Here at) {
  check_same_shape("binary_cross_entropy_with_logits", "x", x.shape(), "target", target.shape(), at);
  const CallSite site(at);
  // softplus(-x) = -log(p) and softplus(x) = -log(1 - p), each right where it is small.
  const auto loss = [](auto logit, auto t) { return t * softplus(-logit) + (1.0 - t) * softplus(logit); };
  return mean(elementwise("binary_cross_entropy_with_logits", loss, x, target));
}

template Tensor cross_entropy(const Tensor&, const Indices&, CrossEntropyOptions, Here);
template Tensor64 cross_entropy(const Tensor64&, const Indices&, CrossEntropyOptions, Here);
template Tensor mse_loss(const Tensor&, const Tensor&, Here);
template Tensor64 mse_loss(const Tensor64&, const Tensor64&, Here);
template Tensor binary_cross_entropy_with_logits(const Tensor&, const Tensor&, Here);
template Tensor64 binary_cross_entropy_with_logits(const Tensor64&, const Tensor64&, Here);
template Tensor composed::cross_entropy(const Tensor&, const Indices&, const CrossEntropyOptions&);
template Tensor64 composed::cross_entropy(const Tensor64&, const Indices&, const CrossEntropyOptions&);

}  // namespace xtape
