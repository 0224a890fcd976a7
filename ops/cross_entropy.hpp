// Losses of class indices: how little probability the right class was given.
#pragma once

#include <cstdint>
#include <optional>

#include <xtape/core/tensor.hpp>
#include <xtape/ops/loss.hpp>

namespace xtape {

struct CrossEntropyOptions {
  std::int64_t ignore_index = -100;  ///< rows with this target do not count
  double label_smoothing = 0;        ///< this part of the weight, from 0 to 1, is spread over all classes
  Reduction reduction = Reduction::mean;
};

/// -log_softmax(logits)[target] of each row: logits (..., V), targets (...), class indices in [0, V) or
/// ignore_index. The mean is over the rows that count; the others have loss 0. With label smoothing s, the
/// row's weights are 1 - s for the target plus s / V for each class. Where no row counts, the mean is NaN and
/// its gradient 0. Throws ShapeError, IndexError for a target out of range, ValueError.
/// torch.nn.functional.cross_entropy with classes in the last axis; with weights of classes, nll_loss of
/// log_softmax(logits).
template <Real T>
BasicTensor<T> cross_entropy(const BasicTensor<T>& logits, const Indices& targets,
                             CrossEntropyOptions options = {}, Here at = Here::now());

template <Real T>
struct NllLossOptions {
  std::int64_t ignore_index = -100;           ///< rows with this target do not count
  std::optional<BasicTensor<T>> weight = {};  ///< of each class, (V,)
  Reduction reduction = Reduction::mean;
};

/// -weight[target] x[target] of each row, for logarithms x (..., V) of probabilities and targets (...), class
/// indices in [0, V) or ignore_index. The mean is over the rows that count, divided by their weights' sum;
/// the others have loss 0. Throws ShapeError, IndexError for a target out of range.
/// torch.nn.functional.nll_loss with classes in the last axis.
template <Real T>
BasicTensor<T> nll_loss(const BasicTensor<T>& x, const Indices& targets,
                        const std::type_identity_t<NllLossOptions<T>>& options = {}, Here at = Here::now());

}  // namespace xtape
