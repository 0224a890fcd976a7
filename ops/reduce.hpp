// Reductions over any axes.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct ReduceOptions {
  bool keep_dims = false;  ///< the axes stay, with extent 1
};

/// The sum over `axis`: one, several, or all axes where none is named. The sum of nothing is 0.
/// Throws ShapeError for an axis out of range or named twice, as all functions here. numpy.sum.
template <Real T>
BasicTensor<T> sum(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                   Here at = Here::now());

/// The sum over `axis` divided by the number of elements in it; of nothing, NaN. numpy.mean.
template <Real T>
BasicTensor<T> mean(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                    Here at = Here::now());

struct VarOptions {
  bool keep_dims = false;  ///< the axes stay, with extent 1
  double ddof = 0;         ///< taken from the count: 1 for the estimate from a sample, torch.var's default
};

/// sum((x - mean(x))^2) / (n - ddof) over the n elements of `axis`, in two passes. The divisor is 0 where
/// ddof is more than n; of nothing the result is NaN. numpy.var.
template <Real T>
BasicTensor<T> var(const BasicTensor<T>& x, const Axes& axis = {}, VarOptions options = {},
                   Here at = Here::now());

/// The square root of var(); the gradient where it is 0 is 0. Called as xtape::std, because std alone names
/// the standard library; stddev() is the same. numpy.std.
template <Real T>
BasicTensor<T> std(const BasicTensor<T>& x, const Axes& axis = {}, VarOptions options = {},
                   Here at = Here::now());

/// std() by the name that xtensor gives it. xt::stddev.
template <Real T>
BasicTensor<T> stddev(const BasicTensor<T>& x, const Axes& axis = {}, VarOptions options = {},
                      Here at = Here::now()) {
  return std(x, axis, options, at);
}

/// The product over `axis`; the gradient is right with zeros among x too. The product of nothing is 1.
/// numpy.prod.
template <Real T>
BasicTensor<T> prod(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                    Here at = Here::now());

/// The largest element over `axis`, NaN where there is one. Equal largest ones share the gradient equally.
/// Throws ShapeError also where there is nothing to choose from. numpy.amax.
template <Real T>
BasicTensor<T> amax(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                    Here at = Here::now());

/// The smallest element over `axis`, NaN where there is one. Equal smallest ones share the gradient equally.
/// Throws ShapeError also where there is nothing to choose from. numpy.amin.
template <Real T>
BasicTensor<T> amin(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                    Here at = Here::now());

/// log(sum(exp(x))) over `axis`, without overflow: the gradient is softmax(x). Of -inf alone or nothing it is
/// -inf with gradient 0, with +inf among x it is +inf. scipy.special.logsumexp.
template <Real T>
BasicTensor<T> logsumexp(const BasicTensor<T>& x, const Axes& axis = {}, ReduceOptions options = {},
                         Here at = Here::now());

/// x summed down to a shape that broadcasts to x's: what broadcast_to() repeated is added up.
/// Throws ShapeError.
template <Real T>
BasicTensor<T> sum_to(const BasicTensor<T>& x, const Shape& shape, Here at = Here::now());

}  // namespace xtape
