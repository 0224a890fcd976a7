// Exponentials and logarithms of tensors.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// e^x. numpy.exp.
template <Real T>
BasicTensor<T> exp(const BasicTensor<T>& x, Here at = Here::now());

/// e^x - 1, right for small x too. numpy.expm1.
template <Real T>
BasicTensor<T> expm1(const BasicTensor<T>& x, Here at = Here::now());

/// The natural logarithm: -inf at 0, NaN below. numpy.log.
template <Real T>
BasicTensor<T> log(const BasicTensor<T>& x, Here at = Here::now());

/// log(1 + x), right for small x too. numpy.log1p.
template <Real T>
BasicTensor<T> log1p(const BasicTensor<T>& x, Here at = Here::now());

/// The logarithm to base 2. numpy.log2.
template <Real T>
BasicTensor<T> log2(const BasicTensor<T>& x, Here at = Here::now());

}  // namespace xtape
