// Losses of class indices: cross_entropy fused with log_softmax, nll_loss composed.
#include <xtape/ops/cross_entropy.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/composed_impl.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/cross_entropy.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/loss_impl.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

void check_targets(const char* op, const char* name, const Shape& x, const Indices& targets,
                   std::int64_t ignore_index, Here at) {
  check_rank_at_least(op, name, x, 1, at);
  Shape rows = x;
  rows.pop_back();
  if (targets.shape() != rows)
    raise<ShapeError>(
        fmt::format(
            "{}: targets of shape {} do not fit {} of shape {}, the last axis of which holds the classes; "
            "they need {}",
            op, to_string(targets.shape()), name, to_string(x), to_string(rows)),
        at);
  check_indices(op, targets.data(), targets.size(), x.back(), at, &ignore_index);
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
  double divisor;  // of each row's loss
};

template <Real T>
BasicTensor<T> cross_entropy_grad(const Kept<T>& kept, const BasicTensor<T>& gy) {
  const auto& x = kept.logits();
  auto gx = uninitialized<T>(x.shape());
  const bool of_rows = kept.options.reduction == Reduction::none;
  const T one_gy = of_rows ? T(0) : static_cast<T>(static_cast<double>(gy.item()) / kept.divisor);
  kernels::cross_entropy_grad(gx.data(), of_rows ? gy.data() : &one_gy, of_rows, x.data(),
                              kept.logsumexp().data(), as_kernels_see(kept.targets, kept.options),
                              kept.targets.size(), x.shape().back());
  return gx;
}

template <Real T>
BasicTensor<T> composed_cross_entropy_grad(const Kept<T>& kept, const BasicTensor<T>& gy) {
  const auto composed = [&](const auto& x) { return composed::cross_entropy(x, kept.targets, kept.options); };
  return composed_vjp(composed, std::array{kept.logits()}, gy, {true})[0];
}

/// Which rows count, and a class for each row, be it any.
struct Targets {
  Mask ignored;
  Indices classes;
  index_t kept;

  Targets(const Indices& targets, std::int64_t ignore_index) : kept(targets.size()) {
    auto mask = uninitialized<bool>(targets.shape());
    auto index = uninitialized<std::int64_t>(targets.shape());
    for (index_t r = 0; r < targets.size(); ++r) {
      mask.data()[r] = targets.data()[r] == ignore_index;
      index.data()[r] = mask.data()[r] ? 0 : targets.data()[r];
      kept -= mask.data()[r];
    }
    ignored = std::move(mask);
    classes = std::move(index);
  }

  /// Each row's element of x at its class.
  template <Real T>
  BasicTensor<T> pick(const BasicTensor<T>& x) const {
    Shape column = classes.shape();
    column.push_back(1);
    return reshape(take_along_axis(x, classes.reshape(column), -1), classes.shape());
  }
};

}  // namespace

template <Real T>
BasicTensor<T> composed::cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                                       const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  const Targets rows(targets, options.ignore_index);
  const auto p = log_softmax(logits);
  auto scores = rows.pick(p);
  if (smoothing > 0) scores = (1 - smoothing) * scores + smoothing * mean(p, -1);
  const auto losses = -masked_fill(scores, rows.ignored, 0);
  if (options.reduction == Reduction::mean) return sum(losses) / static_cast<T>(rows.kept);
  return reduced(losses, options.reduction);
}

template <Real T>
BasicTensor<T> cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                             CrossEntropyOptions options, Here at) {
  check_targets("cross_entropy", "logits", logits.shape(), targets, options.ignore_index, at);
  check_probability("cross_entropy", "label_smoothing", options.label_smoothing, at);
  auto losses = uninitialized<T>(targets.shape()), logsumexp = uninitialized<T>({targets.size(), 2});
  const auto seen = as_kernels_see(targets, options);
  kernels::cross_entropy(losses.data(), logsumexp.data(), logits.data(), seen, targets.size(),
                         logits.shape().back());
  const auto total = kernels::total_loss(losses.data(), seen, targets.size());
  const double divisor = options.reduction == Reduction::mean ? static_cast<double>(total.kept) : 1;
  BasicTensor<T> y = losses;
  if (options.reduction != Reduction::none) y = static_cast<T>(total.sum / divisor);
  return record({"cross_entropy", at}, std::move(y),
                wrt(logits, [kept = Kept<T>{saved(logits, "logits"), saved(logsumexp, "logsumexp"), targets,
                                            options, divisor}](const BasicTensor<T>& gy) {
                  return fused(cross_entropy_grad<T>, composed_cross_entropy_grad<T>, kept, gy);
                }));
}

template <Real T>
BasicTensor<T> nll_loss(const BasicTensor<T>& x, const Indices& targets,
                        const std::type_identity_t<NllLossOptions<T>>& options, Here at) {
  check_targets("nll_loss", "x", x.shape(), targets, options.ignore_index, at);
  if (options.weight)
    check_same_shape("nll_loss", "weight", options.weight->shape(), "a row of x", {x.shape(-1)}, at);
  const CallSite site(at);
  const Targets rows(targets, options.ignore_index);
  auto scores = rows.pick(x);
  BasicTensor<T> total = static_cast<T>(rows.kept);
  if (options.weight) {
    const auto weights = masked_fill(take(*options.weight, rows.classes, 0), rows.ignored, 0);
    scores = scores * weights;
    total = sum(weights);
  }
  const auto losses = -masked_fill(scores, rows.ignored, 0);
  if (options.reduction == Reduction::mean) return sum(losses) / total;
  return reduced(losses, options.reduction);
}

template Tensor cross_entropy(const Tensor&, const Indices&, CrossEntropyOptions, Here);
template Tensor64 cross_entropy(const Tensor64&, const Indices&, CrossEntropyOptions, Here);
template Tensor nll_loss<float>(const Tensor&, const Indices&, const NllLossOptions<float>&, Here);
template Tensor64 nll_loss<double>(const Tensor64&, const Indices&, const NllLossOptions<double>&, Here);
template Tensor composed::cross_entropy(const Tensor&, const Indices&, const CrossEntropyOptions&);
template Tensor64 composed::cross_entropy(const Tensor64&, const Indices&, const CrossEntropyOptions&);

}  // namespace xtape
