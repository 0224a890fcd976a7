// Sums of products over shared indices, y[i, j] = sum_k a[i, k] b[k, j] for any number and order of indices:
// what matmul, linear and einsum run.
#pragma once

#include <span>
#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/gemm.hpp>

namespace xtape::kernels {

/// One index of a contraction: its extent, and the step it makes in each array, 0 where the array lacks it.
/// An index of y alone, or of a or b alone, does not occur.
struct ContractAxis {
  index_t extent, y, a, b;
};

/// A matrix product for each place of `outer`, the sum of one for each place of `summed`.
/// Adds to y where `accumulate`, else overwrites it. Terms add up in order.
template <Real T>
void contract_products(T* y, const T* a, const T* b, const GemmShape& product,
                       std::span<const ContractAxis> outer, std::span<const ContractAxis> summed,
                       bool accumulate);

/// The same for arrays without matrices in them: rows along `inner`, which moves y, are multiplied and added.
template <Real T>
void contract_rows(T* y, const T* a, const T* b, const ContractAxis& inner,
                   std::span<const ContractAxis> outer, std::span<const ContractAxis> summed,
                   bool accumulate);

/// The same where each element of y is the dot product of rows along `inner`, which y lacks.
template <Real T>
void contract_dots(T* y, const T* a, const T* b, const ContractAxis& inner,
                   std::span<const ContractAxis> outer, std::span<const ContractAxis> summed,
                   bool accumulate);

/// The same where it is done sooner than planned: a few elements, each the sum over at most one index.
/// Returns false, with nothing done, for any other contraction.
template <Real T>
bool contract_small(T* y, const T* a, const T* b, std::span<const ContractAxis> axes, bool accumulate);

template <Real T>
void contract_naive(T* y, const T* a, const T* b, std::span<const ContractAxis> axes, bool accumulate);

}  // namespace xtape::kernels
