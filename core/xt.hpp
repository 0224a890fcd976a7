// Where xtensor meets xtape: the only file that names xtensor's headers, which moved in 0.26.
#pragma once

#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#endif

#include <xtape/core/tensor.hpp>

namespace xtape {

namespace detail {

/// Evaluates an xtensor expression into fresh memory.
template <class E, class X>
Buffer<E> evaluate(const X& expression) {
  const Shape shape(expression.shape());
  auto y = uninitialized<E>(shape);
  auto out = xt::adapt(y.data(), static_cast<std::size_t>(y.size()), xt::no_ownership(),
                       std::vector<std::size_t>(shape.begin(), shape.end()));
  out.assign(xt::cast<E>(expression));
  return y;
}

/// The values as a const adaptor that keeps the storage alive.
template <class E>
auto adapt(const ArrayBase& x) {
  const auto* values = x.storage() ? static_cast<const E*>(x.storage()->data()) : nullptr;
  std::shared_ptr<const E> owner(values, [storage = x.storage()](const E*) {});
  return xt::adapt_smart_ptr(std::move(owner), std::vector<std::size_t>(x.shape().begin(), x.shape().end()));
}

}  // namespace detail

template <Real T>
template <XExpression X>
BasicTensor<T>::BasicTensor(const X& expression) : BasicTensor(detail::evaluate<T>(expression)) {}

template <Real T>
template <class>
auto BasicTensor<T>::array() const {
  return detail::adapt<T>(*this);
}

template <class E>
template <XExpression X>
ConstArray<E>::ConstArray(const X& expression) : ConstArray(detail::evaluate<E>(expression)) {
  using Value = typename X::value_type;
  static_assert(std::is_same_v<E, bool> == std::is_same_v<Value, bool> && std::is_integral_v<Value>,
                "a Mask is made from booleans, Indices from integers");
}

template <class E>
template <class>
auto ConstArray<E>::array() const {
  return detail::adapt<E>(*this);
}

}  // namespace xtape
