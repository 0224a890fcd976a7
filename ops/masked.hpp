// Choosing by masks, and the masks of triangles.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// y = value where the mask is true, x elsewhere; the mask broadcasts to x. Nothing flows back from filled
/// places. Throws ShapeError. torch.Tensor.masked_fill.
template <Real T>
BasicTensor<T> masked_fill(const BasicTensor<T>& x, const Mask& mask, double value, Here at = Here::now());

/// The elements where the mask is true, in order, as one row; the mask broadcasts to x. Throws ShapeError.
/// torch.masked_select, numpy's x[mask] for a mask of x's shape.
template <Real T>
BasicTensor<T> masked_select(const BasicTensor<T>& x, const Mask& mask, Here at = Here::now());

/// What where is: a function object, so that xtensor's where, which takes anything, is not found through a
/// mask that is an xtensor expression.
struct Where {
  template <Real T>
  BasicTensor<T> operator()(const Mask& mask, const BasicTensor<T>& a,
                            const std::type_identity_t<BasicTensor<T>>& b, Here at = Here::now()) const;
  template <Real T>
  BasicTensor<T> operator()(const Mask& mask, double a, const BasicTensor<T>& b,
                            Here at = Here::now()) const {
    return (*this)(mask, BasicTensor<T>(a), b, at);
  }
  /// One may be an xtensor expression.
  template <class A, class B>
    requires detail::Mixed<A, B>
  auto operator()(const Mask& mask, const A& a, const B& b, Here at = Here::now()) const {
    return detail::with_tensors([&](const auto& u, const auto& v) { return (*this)(mask, u, v, at); }, a, b);
  }
};

/// where(mask, a, b) = a where the mask is true, b elsewhere; all three broadcast, and one of a and b may be
/// a number. What is not chosen gets no gradient, and its NaN does no harm. Throws ShapeError. numpy.where.
inline constexpr Where where;

/// True on and below the k-th diagonal: where column <= row + k. Kept by causal attention. numpy.tri.
/// Throws ShapeError for negative sizes.
Mask tril_mask(index_t rows, index_t columns, index_t k = 0, Here at = Here::now());

/// True on and above the k-th diagonal: where column >= row + k. With k = 1, what causal attention ignores.
/// Throws ShapeError for negative sizes.
Mask triu_mask(index_t rows, index_t columns, index_t k = 0, Here at = Here::now());

/// The matrices in the last two axes with zeros above the k-th diagonal. Throws ShapeError for fewer than two
/// axes. numpy.tril.
template <Real T>
BasicTensor<T> tril(const BasicTensor<T>& x, index_t k = 0, Here at = Here::now());

/// The matrices in the last two axes with zeros below the k-th diagonal. Throws ShapeError for fewer than two
/// axes. numpy.triu.
template <Real T>
BasicTensor<T> triu(const BasicTensor<T>& x, index_t k = 0, Here at = Here::now());

}  // namespace xtape
