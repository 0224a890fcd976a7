// Diagonals of matrices.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The elements of the matrices in two axes where column = row + offset, as a new last axis; rows lie along
/// `row_axis`, columns along `column_axis`. Throws ShapeError where the axes are out of range or the same.
/// numpy.diagonal.
template <Real T>
BasicTensor<T> diagonal(const BasicTensor<T>& x, index_t offset = 0, index_t row_axis = 0,
                        index_t column_axis = 1, Here at = Here::now());

/// The sum of the diagonal. Throws as diagonal(). numpy.trace; einsum("...ii", x) is torch's for matrices in
/// the last axes.
template <Real T>
BasicTensor<T> trace(const BasicTensor<T>& x, index_t offset = 0, index_t row_axis = 0,
                     index_t column_axis = 1, Here at = Here::now());

}  // namespace xtape
