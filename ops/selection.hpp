// Choices between numbers, element by element.
#pragma once

#include <limits>

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The larger of two numbers, NaN where either is, broadcast. Equal ones share the gradient.
/// numpy.maximum.
template <Real T>
BasicTensor<T> maximum(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                       Here at = Here::now());

/// The smaller of two numbers, NaN where either is, broadcast. Equal ones share the gradient.
/// numpy.minimum.
template <Real T>
BasicTensor<T> minimum(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                       Here at = Here::now());

/// The same with the number first.
template <Real T>
BasicTensor<T> maximum(double a, const BasicTensor<T>& b, Here at = Here::now()) {
  return maximum(b, a, at);
}
template <Real T>
BasicTensor<T> minimum(double a, const BasicTensor<T>& b, Here at = Here::now()) {
  return minimum(b, a, at);
}

/// The same where one is an xtensor expression.
template <class A, class B>
  requires detail::Mixed<A, B>
auto maximum(A&& a, B&& b) {
  return detail::with_tensors([](const auto& u, const auto& v) { return maximum(u, v, Here{}); }, a, b);
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto minimum(A&& a, B&& b) {
  return detail::with_tensors([](const auto& u, const auto& v) { return minimum(u, v, Here{}); }, a, b);
}

struct ClipOptions {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
/// x, but no less than min and no more than max; the gradient is 1 between them and at them, else 0.
/// numpy.clip, torch.clamp.
template <Real T>
BasicTensor<T> clip(const BasicTensor<T>& x, ClipOptions options, Here at = Here::now());

/// The same with the bounds in NumPy's order.
template <Real T>
BasicTensor<T> clip(const BasicTensor<T>& x, double min, double max, Here at = Here::now()) {
  return clip(x, ClipOptions{.min = min, .max = max}, at);
}

/// The same with bounds for each element, broadcast; where x is beyond one, the gradient is that of the
/// bound.
template <Real T>
BasicTensor<T> clip(const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& min,
                    const std::type_identity_t<BasicTensor<T>>& max, Here at = Here::now());

/// The same where some are xtensor expressions.
template <class X, class A, class B>
  requires detail::Mixed<X, A, B>
auto clip(X&& x, A&& min, B&& max) {
  const auto clip_tensors = [](const auto& v, const auto& low, const auto& high) {
    return clip(v, low, high, Here{});
  };
  return detail::with_tensors(clip_tensors, x, min, max);
}

}  // namespace xtape
