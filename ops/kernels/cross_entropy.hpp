// Cross-entropy of logits against class indices, one row a prediction.
#pragma once

#include <cstdint>
#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// What the targets of a cross-entropy mean.
struct ClassTargets {
  const std::int64_t* index;  // one a row, in [0, classes) or equal to ignore_index: the caller has checked
  std::int64_t ignore_index = -100;
  double smoothing = 0;  // in [0, 1]: this part of the weight is spread over all classes
};

/// With p = log_softmax(x) of a row: loss = -(1 - smoothing) * p[target] - smoothing / classes * sum(p).
/// x is (rows, classes), loss has one element a row and logsumexp two, all 0 for ignored rows: the largest
/// logit and log(sum(exp(x - largest))), because their sum, rounded, would cost the gradient precision where
/// logits are large. A row that is all -inf has an infinite loss, a logsumexp of (0, 0) and no gradient.
/// torch.nn.functional.cross_entropy.
template <Real T>
void cross_entropy(T* loss, T* logsumexp, const T* x, ClassTargets targets, index_t rows, index_t classes);

/// gx = gy * (softmax(x) - (1 - smoothing) * onehot(target) - smoothing / classes) for each row; 0 for
/// ignored rows. Row r takes gy[r * gy_step]: 0 gives all rows one gy. gx may be x.
template <Real T>
void cross_entropy_grad(T* gx, const T* gy, index_t gy_step, const T* x, const T* logsumexp,
                        ClassTargets targets, index_t rows, index_t classes);

/// The losses' sum, in double and in order, and the number of rows that are not ignored.
struct LossTotal {
  double sum;
  index_t kept;
};
template <Real T>
LossTotal total_loss(const T* loss, ClassTargets targets, index_t rows);

template <Real T>
void cross_entropy_naive(T* loss, T* logsumexp, const T* x, ClassTargets targets, index_t rows,
                         index_t classes);
template <Real T>
void cross_entropy_grad_naive(T* gx, const T* gy, index_t gy_step, const T* x, const T* logsumexp,
                              ClassTargets targets, index_t rows, index_t classes);

}  // namespace xtape::kernels
