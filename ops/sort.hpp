// Elements by size along an axis.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct SortOptions {
  bool descending = false;  ///< the largest first; NaN is still last, and equal ones keep their order
};

/// The elements along an axis, the smallest first and NaN last; the gradient goes back to where each came
/// from. Throws ShapeError for a wrong axis, as all functions here. numpy.sort.
template <Real T>
BasicTensor<T> sort(const BasicTensor<T>& x, index_t axis = -1, SortOptions options = {},
                    Here at = Here::now());

/// The indices along the axis that sort() would take the elements from; equal ones keep their order.
/// numpy.argsort with a stable kind.
template <Real T>
Indices argsort(const BasicTensor<T>& x, index_t axis = -1, SortOptions options = {}, Here at = Here::now());

template <Real T>
struct TopK {
  BasicTensor<T> values;
  Indices indices;
};

struct TopKOptions {
  bool largest = true;  ///< else the smallest
};

/// The k largest elements along an axis, the largest first, and their indices: the first k of sort() and
/// argsort(). NaN comes last, unlike in PyTorch. Throws ValueError where k is not in [0, extent].
/// auto [values, indices] = topk(x, 5); torch.topk.
template <Real T>
TopK<T> topk(const BasicTensor<T>& x, index_t k, index_t axis = -1, TopKOptions options = {},
             Here at = Here::now());

}  // namespace xtape
