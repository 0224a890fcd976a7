// Losses: one number that says how far predictions are from targets.
#pragma once

#include <cstdint>

#include <xtape/core/tensor.hpp>

namespace xtape {

struct CrossEntropyOptions {
  std::int64_t ignore_index = -100;  ///< rows with this target do not count
  double label_smoothing = 0;        ///< this part of the weight, from 0 to 1, is spread over all classes
};

/// The mean over rows of -log_softmax(logits)[target]: logits (..., V), targets (...), class indices in
/// [0, V) or ignore_index. With label smoothing s, the row's weights are 1 - s for the target plus s / V for
/// each class. Where no row counts, the loss is NaN and its gradient 0. Throws ShapeError, IndexError for a
/// target out of range, ValueError. torch.nn.functional.cross_entropy with classes in the last axis.
template <Real T>
BasicTensor<T> cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                             CrossEntropyOptions options = {}, Here at = Here::now());

/// The mean of (x - target)^2; the shapes are the same. Throws ShapeError. torch.nn.functional.mse_loss.
template <Real T>
BasicTensor<T> mse_loss(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& target,
                        Here at = Here::now());

/// The mean of -target * log(p) - (1 - target) * log(1 - p), where p = sigmoid(x), without overflow; the
/// shapes are the same. Throws ShapeError. torch.nn.functional.binary_cross_entropy_with_logits.
template <Real T>
BasicTensor<T> binary_cross_entropy_with_logits(const BasicTensor<T>& x,
                                                const std::type_identity_t<BasicTensor<T>>& target,
                                                Here at = Here::now());

}  // namespace xtape
