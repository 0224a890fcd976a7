// Tensors from nothing: constants, ranges, and tensors shaped like others.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// Every element is `value`. Throws ShapeError for negative extents, as all functions here.
template <Real T = float>
BasicTensor<T> full(const Shape& shape, double value, Here at = Here::now());
template <Real T = float>
BasicTensor<T> zeros(const Shape& shape, Here at = Here::now()) {
  return full<T>(shape, 0, at);
}
template <Real T = float>
BasicTensor<T> ones(const Shape& shape, Here at = Here::now()) {
  return full<T>(shape, 1, at);
}
/// Constants of x's shape and element type.
template <Real T>
BasicTensor<T> full_like(const BasicTensor<T>& x, double value, Here at = Here::now()) {
  return full<T>(x.shape(), value, at);
}
template <Real T>
BasicTensor<T> zeros_like(const BasicTensor<T>& x, Here at = Here::now()) {
  return full<T>(x.shape(), 0, at);
}
template <Real T>
BasicTensor<T> ones_like(const BasicTensor<T>& x, Here at = Here::now()) {
  return full<T>(x.shape(), 1, at);
}
/// start, start + step, ... up to but not including stop; computed in double. Throws ValueError for step 0 or
/// a range that is not finite. numpy.arange.
template <Real T = float>
BasicTensor<T> arange(double start, double stop, double step = 1, Here at = Here::now());
/// 0, 1, ... stop - 1.
template <Real T = float>
BasicTensor<T> arange(double stop, Here at = Here::now()) {
  return arange<T>(0, stop, 1, at);
}
/// `count` values from start to stop, both included, evenly spaced. Throws ValueError for count < 0.
/// numpy.linspace.
template <Real T = float>
BasicTensor<T> linspace(double start, double stop, index_t count, Here at = Here::now());
/// The identity matrix, or its top left part where columns differs from rows. numpy.eye.
template <Real T = float>
BasicTensor<T> eye(index_t rows, index_t columns = -1, Here at = Here::now());

}  // namespace xtape
