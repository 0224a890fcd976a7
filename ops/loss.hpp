// Losses: how far predictions are from targets, element by element. Those of classes: ops/cross_entropy.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// What becomes of the losses of single elements or rows: their mean, their sum, or nothing.
enum class Reduction : std::uint8_t { mean, sum, none };

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

/// (x - target)^2. x and target have one shape, otherwise ShapeError is thrown, as by all functions here.
/// torch.nn.functional.mse_loss.
template <Real T>
BasicTensor<T> mse_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                        LossOptions options = {}, Here at = Here::now());

/// |x - target|, with gradient 0 where they are equal. torch.nn.functional.l1_loss.
template <Real T>
BasicTensor<T> l1_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                       LossOptions options = {}, Here at = Here::now());

struct HuberLossOptions {
  double delta = 1;  ///< the distance from which on the loss is straight
  Reduction reduction = Reduction::mean;
};

/// With d = x - target: d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) beyond. Throws ValueError unless
/// delta > 0. torch.nn.functional.huber_loss; smooth_l1_loss is this divided by delta.
template <Real T>
BasicTensor<T> huber_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                          HuberLossOptions options = {}, Here at = Here::now());

struct KlDivOptions {
  bool log_target = false;  ///< target holds logarithms too
  Reduction reduction = Reduction::mean;
};

/// target (log(target) - x), which is 0 where target is 0, for logarithms x of probabilities: its sum over a
/// row is the Kullback-Leibler divergence of x from target. The mean is over all elements; torch's
/// "batchmean" is the sum divided by the rows. torch.nn.functional.kl_div.
template <Real T>
BasicTensor<T> kl_div(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                      KlDivOptions options = {}, Here at = Here::now());

template <Real T>
struct BinaryCrossEntropyOptions {
  std::optional<BasicTensor<T>> pos_weight = {};  ///< multiplies the first term; broadcasts to x
  Reduction reduction = Reduction::mean;
};

/// -target log(p) - (1 - target) log(1 - p), where p = sigmoid(x), without overflow.
/// torch.nn.functional.binary_cross_entropy_with_logits.
template <Real T>
BasicTensor<T> binary_cross_entropy_with_logits(
    const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
    const std::type_identity_t<BinaryCrossEntropyOptions<T>>& options = {}, Here at = Here::now());

}  // namespace xtape
