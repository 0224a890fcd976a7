// Powers and roots of tensors.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The square root: NaN below 0; the gradient at 0 is infinite. numpy.sqrt.
template <Real T>
BasicTensor<T> sqrt(const BasicTensor<T>& x, Here at = Here::now());

/// 1 / sqrt(x). torch.rsqrt.
template <Real T>
BasicTensor<T> rsqrt(const BasicTensor<T>& x, Here at = Here::now());

/// x^2. numpy.square.
template <Real T>
BasicTensor<T> square(const BasicTensor<T>& x, Here at = Here::now());

/// 1 / x. numpy.reciprocal.
template <Real T>
BasicTensor<T> reciprocal(const BasicTensor<T>& x, Here at = Here::now());

/// x^exponent: NaN where x is negative and the exponent no integer. For exponent 0 the gradient is 0.
/// numpy.power.
template <Real T>
BasicTensor<T> pow(const BasicTensor<T>& x, double exponent, Here at = Here::now());

/// x^exponent, broadcast. The gradient of x is 0 where the exponent is 0; that of the exponent is
/// y log(x), but 0 where x is 0 and the exponent not negative. numpy.power.
template <Real T>
BasicTensor<T> pow(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& exponent,
                   Here at = Here::now());

/// base^exponent for a number as the base.
template <Real T>
BasicTensor<T> pow(double base, const BasicTensor<T>& exponent, Here at = Here::now());

/// The same where one is an xtensor expression.
template <class A, class B>
  requires detail::Mixed<A, B>
auto pow(A&& base, B&& exponent) {
  return detail::with_tensors([](const auto& u, const auto& v) { return pow(u, v, Here{}); }, base, exponent);
}

}  // namespace xtape
