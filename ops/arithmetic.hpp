// Sums, differences, products and quotients of tensors, broadcast as NumPy does.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The operators + - * / and unary - are declared with the tensor and mean these functions. Either side may
/// be a tensor, a number or an xtensor expression; one of them is a tensor. `x += y` stands for x = x + y.
/// All throw ShapeError where shapes do not broadcast. numpy.add and so on.
extern template BasicTensor<float> add(const Operand<float>& a, const Operand<float>& b);
extern template BasicTensor<double> add(const Operand<double>& a, const Operand<double>& b);
extern template BasicTensor<float> sub(const Operand<float>& a, const Operand<float>& b);
extern template BasicTensor<double> sub(const Operand<double>& a, const Operand<double>& b);
extern template BasicTensor<float> mul(const Operand<float>& a, const Operand<float>& b);
extern template BasicTensor<double> mul(const Operand<double>& a, const Operand<double>& b);
extern template BasicTensor<float> div(const Operand<float>& a, const Operand<float>& b);
extern template BasicTensor<double> div(const Operand<double>& a, const Operand<double>& b);
extern template BasicTensor<float> neg(const Operand<float>& x);
extern template BasicTensor<double> neg(const Operand<double>& x);

/// a + b for tensors of one type: the named form, for any mix of tensors, numbers and expressions.
template <Real T>
BasicTensor<T> add(const BasicTensor<T>& a, const std::type_identity_t<Operand<T>>& b) {
  return add<T>(Operand<T>(a, b.at()), b);
}
template <Real T>
BasicTensor<T> sub(const BasicTensor<T>& a, const std::type_identity_t<Operand<T>>& b) {
  return sub<T>(Operand<T>(a, b.at()), b);
}
template <Real T>
BasicTensor<T> mul(const BasicTensor<T>& a, const std::type_identity_t<Operand<T>>& b) {
  return mul<T>(Operand<T>(a, b.at()), b);
}
template <Real T>
BasicTensor<T> div(const BasicTensor<T>& a, const std::type_identity_t<Operand<T>>& b) {
  return div<T>(Operand<T>(a, b.at()), b);
}
template <Real T>
BasicTensor<T> neg(const BasicTensor<T>& x, Here at = Here::now()) {
  return neg<T>(Operand<T>(x, at));
}

}  // namespace xtape
