// Rows of a table by index.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The rows of weight (V, C) at `indices`, in the shape of indices with C behind it. Rows that come several
/// times add up their gradients. Throws ShapeError where weight is no matrix, IndexError for an index outside
/// [0, V). torch.nn.functional.embedding.
template <Real T>
BasicTensor<T> embedding(const Indices& indices, const BasicTensor<T>& weight, Here at = Here::now());

}  // namespace xtape
