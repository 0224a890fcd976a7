// Running sums and products, and the linear recurrences that they are cases of.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct CumsumOptions {
  bool from_end = false;  ///< sum from the last element down instead
};

/// y[i] = x[0] + ... + x[i] along an axis. Throws ShapeError for a wrong axis. numpy.cumsum.
template <Real T>
BasicTensor<T> cumsum(const BasicTensor<T>& x, index_t axis, CumsumOptions options = {},
                      Here at = Here::now());

/// y[i] = x[0] * ... * x[i] along an axis; the gradient is right with zeros among x too. Throws ShapeError
/// for a wrong axis. numpy.cumprod.
template <Real T>
BasicTensor<T> cumprod(const BasicTensor<T>& x, index_t axis, Here at = Here::now());

struct LinearRecurrenceOptions {
  bool from_end = false;  ///< y[i] = a[i + 1] y[i + 1] + b[i] instead
};

/// y[i] = a[i] y[i - 1] + b[i] along an axis, with y[0] = b[0]: a running sum of b that a lets fade or grow.
/// Throws ShapeError for a wrong axis, or where a and b differ in shape.
template <Real T>
BasicTensor<T> linear_recurrence(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                                 index_t axis, LinearRecurrenceOptions options = {}, Here at = Here::now());

}  // namespace xtape
