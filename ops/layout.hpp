// The same values under another shape or in another order of axes.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// x's values in row-major order under `shape`, one extent of which may be -1. Storage is shared.
/// Throws ShapeError where the sizes differ. numpy.reshape.
template <Real T>
BasicTensor<T> reshape(const BasicTensor<T>& x, const Shape& shape, Here at = Here::now());

/// The axes from `start` to `end`, both included, as one; a scalar becomes (1,). Storage is shared.
/// Throws ShapeError. torch.flatten.
template <Real T>
BasicTensor<T> flatten(const BasicTensor<T>& x, index_t start = 0, index_t end = -1, Here at = Here::now());

/// y[i, j, ...] = x[..., j, i], or axis d of y is axis axes[d] of x. swapaxes(x, -1, -2) is the matrix
/// transpose. Throws ShapeError where the axes are no permutation. numpy.transpose.
template <Real T>
BasicTensor<T> transpose(const BasicTensor<T>& x, const Axes& axes = {}, Here at = Here::now());

/// x with axes a and b exchanged. Throws ShapeError. numpy.swapaxes.
template <Real T>
BasicTensor<T> swapaxes(const BasicTensor<T>& x, index_t a, index_t b, Here at = Here::now());

/// x with the axes `from` at the places `to` of the result, the others in their order. Throws ShapeError,
/// also where there are more of one than of the other. numpy.moveaxis.
template <Real T>
BasicTensor<T> moveaxis(const BasicTensor<T>& x, const Axes& from, const Axes& to, Here at = Here::now());

/// x with a new axis of extent 1, which is axis `axis` of the result. Storage is shared. Throws ShapeError.
/// numpy.expand_dims, torch.unsqueeze.
template <Real T>
BasicTensor<T> expand_dims(const BasicTensor<T>& x, index_t axis, Here at = Here::now());

/// x without its axes of extent 1, or without those named, which must have extent 1. Storage is shared.
/// Throws ShapeError. numpy.squeeze.
template <Real T>
BasicTensor<T> squeeze(const BasicTensor<T>& x, const Axes& axis = {}, Here at = Here::now());

/// x repeated along axes of extent 1 and new leading axes until it has this shape; its gradient is sum_to.
/// Throws ShapeError where x does not broadcast to it. numpy.broadcast_to.
template <Real T>
BasicTensor<T> broadcast_to(const BasicTensor<T>& x, const Shape& shape, Here at = Here::now());

}  // namespace xtape
