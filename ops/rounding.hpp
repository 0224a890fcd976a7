// Size, sign and rounding of tensors.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// |x|; the gradient at 0 is 0. numpy.abs.
template <Real T>
BasicTensor<T> abs(const BasicTensor<T>& x, Here at = Here::now());

/// -1, 0 or 1; the gradient is 0. numpy.sign.
template <Real T>
BasicTensor<T> sign(const BasicTensor<T>& x, Here at = Here::now());

/// The largest integer not above x; the gradient is 0. numpy.floor.
template <Real T>
BasicTensor<T> floor(const BasicTensor<T>& x, Here at = Here::now());

/// The smallest integer not below x; the gradient is 0. numpy.ceil.
template <Real T>
BasicTensor<T> ceil(const BasicTensor<T>& x, Here at = Here::now());

/// The nearest integer, halves to the even one; the gradient is 0. numpy.round.
template <Real T>
BasicTensor<T> round(const BasicTensor<T>& x, Here at = Here::now());

}  // namespace xtape
