// And, or and not of masks, and whether any or all of a mask is true.
#pragma once

#include <xtape/core/tensor.hpp>
#include <xtape/ops/reduce.hpp>

namespace xtape {

/// True where both are, broadcast. Throws ShapeError where shapes do not broadcast, as all functions here of
/// two masks. numpy.logical_and.
Mask logical_and(const Mask& a, const Mask& b, Here at = Here::now());

/// True where one of them is, broadcast. numpy.logical_or.
Mask logical_or(const Mask& a, const Mask& b, Here at = Here::now());

/// True where the mask is not. numpy.logical_not.
Mask logical_not(const Mask& mask, Here at = Here::now());

/// True where any element over `axis` is: one axis, several, or all axes where none is named; of nothing,
/// false. Throws ShapeError for an axis out of range or named twice. numpy.any.
Mask any(const Mask& mask, const Axes& axis = {}, ReduceOptions options = {}, Here at = Here::now());

/// True where all elements over `axis` are; of nothing, true. Throws as any(). numpy.all.
Mask all(const Mask& mask, const Axes& axis = {}, ReduceOptions options = {}, Here at = Here::now());

/// One side of an operator on masks, and the place of the operator.
struct MaskOperand {
  MaskOperand(const Mask& m, Here place = Here::now()) : mask(m), at(place) {}

  const Mask& mask;
  Here at;
};

/// logical_and(), logical_or() and logical_not() as operators. There is no && and ||: they would evaluate
/// both sides.
inline Mask operator&(const MaskOperand& a, const MaskOperand& b) {
  return logical_and(a.mask, b.mask, b.at);
}
inline Mask operator|(const MaskOperand& a, const MaskOperand& b) { return logical_or(a.mask, b.mask, b.at); }
inline Mask operator!(const MaskOperand& x) { return logical_not(x.mask, x.at); }

namespace detail {

/// A mask on one side, an xtensor expression on the other.
template <class A, class B>
concept MixedMasks = (std::is_same_v<std::remove_cvref_t<A>, Mask> && XExpression<B>) ||
                     (XExpression<A> && std::is_same_v<std::remove_cvref_t<B>, Mask>);

}  // namespace detail

/// Between a mask and an xtensor expression of booleans, in either order.
template <class A, class B>
  requires detail::MixedMasks<A, B>
Mask operator&(A&& a, B&& b) {
  return logical_and(a, b, Here{});
}
template <class A, class B>
  requires detail::MixedMasks<A, B>
Mask operator|(A&& a, B&& b) {
  return logical_or(a, b, Here{});
}

}  // namespace xtape
