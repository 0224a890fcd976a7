// Comparisons, element by element: they give masks and carry no gradient.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// What less() and the others are: function objects, so that xtensor's functions of these names, which take
/// anything, are not found through an xtensor expression.
template <class Relation>
struct Comparison {
  template <Real T>
  Mask operator()(const BasicTensor<T>& a, const std::type_identity_t<Operand<T>>& b) const {
    return detail::compare<Relation>(Operand<T>(a, b.at()), b);
  }
  template <class A, Real T>
    requires(std::is_arithmetic_v<A> || XExpression<A>)
  Mask operator()(const A& a, const BasicTensor<T>& b, Here at = Here::now()) const {
    return detail::compare<Relation>(Operand<T>(a, at), Operand<T>(b, at));
  }
};

/// less(a, b) is true where a < b, and may be written so. One side at least is a tensor, the other may be a
/// number or an xtensor expression; both broadcast. What is compared with NaN is false. Throws ShapeError
/// where shapes do not broadcast, as all functions here. numpy.less.
inline constexpr Comparison<std::less<>> less;
/// a <= b. numpy.less_equal.
inline constexpr Comparison<std::less_equal<>> less_equal;
/// a > b. numpy.greater.
inline constexpr Comparison<std::greater<>> greater;
/// a >= b. numpy.greater_equal.
inline constexpr Comparison<std::greater_equal<>> greater_equal;
/// True where a and b are the same number; NaN equals nothing. numpy.equal.
inline constexpr Comparison<std::equal_to<>> equal;
/// True where a and b differ or one is NaN. numpy.not_equal.
inline constexpr Comparison<std::not_equal_to<>> not_equal;

/// True where x is NaN. numpy.isnan.
template <Real T>
Mask isnan(const BasicTensor<T>& x, Here at = Here::now());

/// True where x is infinite, of either sign. numpy.isinf.
template <Real T>
Mask isinf(const BasicTensor<T>& x, Here at = Here::now());

/// True where x is neither infinite nor NaN. numpy.isfinite.
template <Real T>
Mask isfinite(const BasicTensor<T>& x, Here at = Here::now());

}  // namespace xtape
