// Elements by integer index along an axis.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The slices of x at `indices` along an axis: the axis is replaced by the axes of indices. Throws ShapeError
/// for a wrong axis, IndexError for an index outside [0, extent). numpy.take, torch.index_select (torch.take
/// reads a flattened x).
template <Real T>
BasicTensor<T> take(const BasicTensor<T>& x, const Indices& indices, index_t axis, Here at = Here::now());

/// For each element of indices, the element of x at that index along the axis and at the same place along the
/// others: indices has x's shape but for the axis. Throws as take(). numpy.take_along_axis, torch.gather.
template <Real T>
BasicTensor<T> take_along_axis(const BasicTensor<T>& x, const Indices& indices, index_t axis,
                               Here at = Here::now());

/// x, with each element of src added to the element at its index along the axis and at the same place along
/// the others; an index that comes twice adds twice. src and indices have one shape, x's but for the axis.
/// Throws as take(). torch.scatter_add, whose indices may also leave out places of other axes.
template <Real T>
BasicTensor<T> scatter_add(const BasicTensor<T>& x, const Indices& indices,
                           const std::type_identity_t<BasicTensor<T>>& src, index_t axis,
                           Here at = Here::now());

/// Rows of zeros with a one at each index: (...) -> (..., classes), one_hot<double>(targets, 10). Throws
/// IndexError for an index outside [0, classes). torch.nn.functional.one_hot, of an element type that can be
/// used in sums and products.
template <Real T = float>
BasicTensor<T> one_hot(const Indices& indices, index_t classes, Here at = Here::now());

/// The way back from take(): zeros of `shape`, to whose slices at `indices` along the axis those of x are
/// added; an index that comes twice adds twice. torch.Tensor.index_add on zeros.
template <Real T>
BasicTensor<T> take_adjoint(const BasicTensor<T>& x, const Indices& indices, index_t axis, const Shape& shape,
                            Here at = Here::now());

/// The way back from take_along_axis(). torch.Tensor.scatter_add on zeros.
template <Real T>
BasicTensor<T> take_along_axis_adjoint(const BasicTensor<T>& x, const Indices& indices, index_t axis,
                                       const Shape& shape, Here at = Here::now());

}  // namespace xtape
