// Three small ops, written as a user would write them, for tests of the engine alone.
#pragma once

#include <algorithm>

#include <xtape/core/checks.hpp>
#include <xtape/core/record.hpp>

namespace xtape::test {

/// a * b, element by element.
template <Real T>
BasicTensor<T> times(const BasicTensor<T>& a, const BasicTensor<T>& b, Here at = Here::now()) {
  check_same_shape("times", "a", a.shape(), "b", b.shape(), at);
  auto y = uninitialized<T>(a.shape());
  std::transform(a.data(), a.data() + a.size(), b.data(), y.data(), [](T l, T r) { return l * r; });
  return record({"times", at}, std::move(y),
                wrt(a, [b = saved(b, "b")](const auto& gy) { return times(gy, b()); }),
                wrt(b, [a = saved(a, "a")](const auto& gy) { return times(gy, a()); }));
}

template <Real T>
BasicTensor<T> total(const BasicTensor<T>& x, Here at = Here::now());

/// A scalar, repeated into a shape.
template <Real T>
BasicTensor<T> spread(const BasicTensor<T>& x, const Shape& shape, Here at = Here::now()) {
  auto y = uninitialized<T>(shape);
  std::fill_n(y.data(), y.size(), x.item());
  return record({"spread", at}, std::move(y), wrt(x, [](const auto& gy) { return total(gy); }));
}

/// The sum of all elements, a scalar.
template <Real T>
BasicTensor<T> total(const BasicTensor<T>& x, Here at) {
  auto y = uninitialized<T>({});
  *y.data() = 0;
  for (index_t i = 0; i < x.size(); ++i) *y.data() += x.data()[i];
  return record({"total", at}, std::move(y),
                wrt(x, [shape = x.shape()](const auto& gy) { return spread(gy, shape); }));
}

}  // namespace xtape::test
