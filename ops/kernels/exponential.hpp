// The exponential in kernels that go through rows.
#pragma once

#include <xtape/ops/formula/exponential.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {

/// e^x for x <= 0, and NaN for NaN.
template <Real T>
[[gnu::always_inline]] inline Batch<T> exp_nonpositive(const Batch<T>& x) {
  return formula::exp_nonpositive(formula::Packet<T, formula::NativeArch>(x)).lanes;
}

}  // namespace xtape::kernels
