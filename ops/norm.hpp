// Norms of vectors over any axes.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct NormOptions {
  double ord = 2;          ///< p of the p-norm; infinity the largest size, -infinity the smallest, 0 a count
  bool keep_dims = false;  ///< the axes stay, with extent 1
};

/// (sum |x|^p)^(1/p) over `axis`: one, several, or all axes where none is named, which count as one vector.
/// It does not overflow where the result does not. The gradient is 0 where the norm is, and in elements that
/// are 0 unless p is 2. Throws ShapeError for an axis out of range or named twice, and for infinite p where
/// there is nothing to choose from. torch.linalg.vector_norm.
template <Real T>
BasicTensor<T> norm(const BasicTensor<T>& x, const Axes& axis = {}, NormOptions options = {},
                    Here at = Here::now());

}  // namespace xtape
