// Products other than those of matrices: dot, outer, kron.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The sum of a * b for vectors of one length. Throws ShapeError for anything else: numpy.dot of matrices is
/// matmul. torch.dot.
template <Real T>
BasicTensor<T> dot(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                   Here at = Here::now());

/// y[i, j] = a[i] * b[j] for vectors; other shapes count as the row of their elements. numpy.outer.
template <Real T>
BasicTensor<T> outer(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                     Here at = Here::now());

/// Blocks of b, one scaled by each element of a: y[i * p + k, j * q + l] = a[i, j] * b[k, l] for b (p, q),
/// and likewise for any number of axes; the shorter shape gets ones in front. numpy.kron.
template <Real T>
BasicTensor<T> kron(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                    Here at = Here::now());

/// The same where one is an xtensor expression.
template <class A, class B>
  requires detail::Mixed<A, B>
auto dot(const A& a, const B& b, Here at = Here::now()) {
  return detail::with_tensors([at](const auto& u, const auto& v) { return dot(u, v, at); }, a, b);
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto outer(const A& a, const B& b, Here at = Here::now()) {
  return detail::with_tensors([at](const auto& u, const auto& v) { return outer(u, v, at); }, a, b);
}
template <class A, class B>
  requires detail::Mixed<A, B>
auto kron(const A& a, const B& b, Here at = Here::now()) {
  return detail::with_tensors([at](const auto& u, const auto& v) { return kron(u, v, at); }, a, b);
}

}  // namespace xtape
