// softmax and log_softmax along an axis.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// y = exp(x) / sum(exp(x)) along `axis`, without overflow. An element of -inf gets 0; where all are -inf, y
/// and its gradient are 0 (PyTorch's are NaN). Throws ShapeError for an axis out of range. torch.softmax.
template <Real T>
BasicTensor<T> softmax(const BasicTensor<T>& x, index_t axis = -1, Here at = Here::now());

/// y = x - log(sum(exp(x))) along `axis`, without overflow. Where all are -inf, y is -inf and its gradient 0
/// (PyTorch's are NaN). Throws ShapeError for an axis out of range. torch.log_softmax.
template <Real T>
BasicTensor<T> log_softmax(const BasicTensor<T>& x, index_t axis = -1, Here at = Here::now());

}  // namespace xtape
