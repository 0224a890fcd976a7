// Trigonometric and hyperbolic functions of tensors.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The sine of x in radians. numpy.sin.
template <Real T>
BasicTensor<T> sin(const BasicTensor<T>& x, Here at = Here::now());

/// The cosine of x in radians. numpy.cos.
template <Real T>
BasicTensor<T> cos(const BasicTensor<T>& x, Here at = Here::now());

/// The tangent of x in radians. numpy.tan.
template <Real T>
BasicTensor<T> tan(const BasicTensor<T>& x, Here at = Here::now());

/// The angle between -pi / 2 and pi / 2 whose tangent is x. numpy.arctan.
template <Real T>
BasicTensor<T> atan(const BasicTensor<T>& x, Here at = Here::now());

/// The angle of the point (x, y) to the x axis, between -pi and pi: atan(y / x) in the right quadrant,
/// broadcast. The gradient at the origin is 0. numpy.arctan2.
template <Real T>
BasicTensor<T> atan2(const BasicTensor<T>& y, const std::type_identity_t<BasicTensor<T>>& x,
                     Here at = Here::now());

/// The same where one is an xtensor expression.
template <class Y, class X>
  requires detail::Mixed<Y, X>
auto atan2(Y&& y, X&& x) {
  return detail::with_tensors([](const auto& u, const auto& v) { return atan2(u, v, Here{}); }, y, x);
}

/// (e^x - e^-x) / 2. numpy.sinh.
template <Real T>
BasicTensor<T> sinh(const BasicTensor<T>& x, Here at = Here::now());

/// (e^x + e^-x) / 2. numpy.cosh.
template <Real T>
BasicTensor<T> cosh(const BasicTensor<T>& x, Here at = Here::now());

/// sinh(x) / cosh(x). numpy.tanh.
template <Real T>
BasicTensor<T> tanh(const BasicTensor<T>& x, Here at = Here::now());

}  // namespace xtape
