// The recorded contraction that matmul, linear and einsum share.
#pragma once

#include <xtape/core/record.hpp>
#include <xtape/ops/contract_plan_impl.hpp>

namespace xtape {

/// y = sum a * b over the indices that y lacks.
struct Contraction {
  ContractAxes axes;      ///< merged
  bool may_copy = false;  ///< operands may be copied into another order where loops would cost more
};

// The sum of a * b * gy over all indices is linear in each of the three, so the gradient of a contraction for
// one operand contracts gy with the other: the same indices, in which the operand and y have changed places.

/// Contracts gy with b to the gradient for a.
Contraction gradient_for_a(const Contraction& contraction);
/// Contracts gy with a to the gradient for b.
Contraction gradient_for_b(const Contraction& contraction);

/// The values alone, written to y or added to what it holds.
template <Real T>
void contract_into(Buffer<T>& y, const BasicTensor<T>& a, const BasicTensor<T>& b,
                   const Contraction& contraction, bool accumulate);

/// The contraction of a and b into an array of `shape`, recorded as op.
template <Real T>
BasicTensor<T> contract(OpName op, const BasicTensor<T>& a, const BasicTensor<T>& b,
                        const Contraction& contraction, const Shape& shape);

/// The gradient for x of its product with `other`: gradient_for_a or gradient_for_b.
template <Real T>
Wrt wrt_factor(OpName op, const BasicTensor<T>& x, const BasicTensor<T>& other, const char* other_name,
               const Contraction& product, Contraction (*gradient)(const Contraction&));

}  // namespace xtape
