// Products of floats made from rounded operands: twice as fast where the processor multiplies bf16.
#pragma once

#include <xtape/core/here.hpp>
#include <xtape/core/precision.hpp>

namespace xtape {

/// True where products of this precision are fast here: always for Precision::full; for Precision::bf16 where
/// the library was built with oneDNN and the processor has AVX512_BF16.
bool has_matmul_precision(Precision precision);

/// Sets how this thread multiplies matrices of floats, in matmul, linear and einsum. With Precision::bf16
/// operands are rounded to 8 significant bits; sums, results and everything else stay float. Gradients are
/// made in the precision that their op was recorded in. Doubles, dot products, products too thin
/// for an engine and those inside attention are not touched. Throws ValueError where the precision is not
/// fast here. torch.set_float32_matmul_precision("medium").
void set_matmul_precision(Precision precision, Here at = Here::now());

/// The same for as long as it lives; then what was before.
class MatmulPrecision {
 public:
  explicit MatmulPrecision(Precision precision, Here at = Here::now());

 private:
  detail::PrecisionScope scope_;
};

}  // namespace xtape
