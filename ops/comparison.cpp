// Comparisons: one pass over both sides.
#include <xtape/ops/comparison.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/ops/kernels/relate.hpp>
#include <xtape/ops/rounding.hpp>

#include <limits>

namespace xtape {

namespace {

template <class Relation>
constexpr const char* name_of = nullptr;
template <>
constexpr const char* name_of<std::less<>> = "less";
template <>
constexpr const char* name_of<std::less_equal<>> = "less_equal";
template <>
constexpr const char* name_of<std::greater<>> = "greater";
template <>
constexpr const char* name_of<std::greater_equal<>> = "greater_equal";
template <>
constexpr const char* name_of<std::equal_to<>> = "equal";
template <>
constexpr const char* name_of<std::not_equal_to<>> = "not_equal";

template <Real T>
constexpr T infinity = std::numeric_limits<T>::infinity();

}  // namespace

template <class Relation, Real T>
Mask detail::compare(const Operand<T>& a, const Operand<T>& b) {
  const auto x = a.tensor(), z = b.tensor();
  const Shape shape = check_broadcast(name_of<Relation>, x.shape(), z.shape(), b.at());
  auto y = uninitialized<bool>(shape, b.at());
  kernels::relate<Relation, T>(y.data(), {x.data(), broadcast_strides(x.shape(), shape)},
                               {z.data(), broadcast_strides(z.shape(), shape)}, shape);
  return y;
}

template <Real T>
Mask isnan(const BasicTensor<T>& x, Here at) {
  return not_equal(x, Operand<T>(x, at));
}

template <Real T>
Mask isinf(const BasicTensor<T>& x, Here at) {
  return equal(abs(x.detach(), at), Operand<T>(infinity<T>, at));
}

template <Real T>
Mask isfinite(const BasicTensor<T>& x, Here at) {
  return less(abs(x.detach(), at), Operand<T>(infinity<T>, at));
}

template Mask detail::compare<std::less<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::less<>>(const Operand<double>&, const Operand<double>&);
template Mask detail::compare<std::less_equal<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::less_equal<>>(const Operand<double>&, const Operand<double>&);
template Mask detail::compare<std::greater<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::greater<>>(const Operand<double>&, const Operand<double>&);
template Mask detail::compare<std::greater_equal<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::greater_equal<>>(const Operand<double>&, const Operand<double>&);
template Mask detail::compare<std::equal_to<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::equal_to<>>(const Operand<double>&, const Operand<double>&);
template Mask detail::compare<std::not_equal_to<>>(const Operand<float>&, const Operand<float>&);
template Mask detail::compare<std::not_equal_to<>>(const Operand<double>&, const Operand<double>&);

template Mask isnan(const Tensor&, Here);
template Mask isnan(const Tensor64&, Here);
template Mask isinf(const Tensor&, Here);
template Mask isinf(const Tensor64&, Here);
template Mask isfinite(const Tensor&, Here);
template Mask isfinite(const Tensor64&, Here);

}  // namespace xtape
