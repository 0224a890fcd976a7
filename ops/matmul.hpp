// Matrix products.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

struct MatmulOptions {
  bool transpose_a = false;  ///< a is (..., k, m)
  bool transpose_b = false;  ///< b is (..., n, k)
};

/// y = a b for matrices in the last two axes: (..., m, k) x (..., k, n) -> (..., m, n). The axes before them
/// broadcast. A vector (k,) is a row on the left and a column on the right, and its axis does not appear in
/// the result: (k,) x (k,) -> (), (..., m, k) x (k,) -> (..., m), (k,) x (..., k, n) -> (..., n).
/// The options read a matrix as its transpose; nothing is copied. Throws ShapeError for inner sizes that
/// differ, batch axes that do not broadcast, scalars, and a vector to be transposed. numpy.matmul.
template <Real T>
BasicTensor<T> matmul(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                      MatmulOptions options = {}, Here at = Here::now());

/// The same where one is an xtensor expression.
template <class A, class B>
  requires detail::Mixed<A, B>
auto matmul(const A& a, const B& b, MatmulOptions options = {}, Here at = Here::now()) {
  return detail::with_tensors([&](const auto& u, const auto& v) { return matmul(u, v, options, at); }, a, b);
}

extern template Tensor matmul(const Tensor&, const Tensor&, MatmulOptions, Here);
extern template Tensor64 matmul(const Tensor64&, const Tensor64&, MatmulOptions, Here);

}  // namespace xtape
