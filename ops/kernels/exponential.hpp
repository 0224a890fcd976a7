// Exponentials in kernels that go through rows.
#pragma once

#include <xtape/ops/formula/exponential.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {

/// e^x for x <= 0, and NaN for NaN.
template <Real T>
[[gnu::always_inline]] inline Batch<T> exp_nonpositive(const Batch<T>& x) {
  return formula::exp_nonpositive(formula::Packet<T, formula::NativeArch>(x)).lanes;
}

#ifdef __AVX512DQ__
/// With t = x log2(e):
///   e^x = 2^(t - floor(t)) 2^floor(t)
/// The first factor is a polynomial, found by Remez's algorithm on [0, 1], with relative error 7e-9. That is
/// a fifth less work than exp_nonpositive().
inline Batch<float> exp_term(const Batch<float>& x) {
  const Batch<float> t = x * Batch<float>(1.44269504f);
  // g++ 12 takes the plain forms' undefined operands for mistakes.
  const Batch<float> u = _mm512_maskz_reduce_ps(0xffff, t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  Batch<float> y(0x1.c72118p-13f);
  for (const float factor :
       {0x1.461954p-10f, 0x1.3d2800p-7f, 0x1.c68500p-5f, 0x1.ebfd9ep-3f, 0x1.62e42ap-1f, 1.0f})
    y = xsimd::fma(y, u, Batch<float>(factor));
  return _mm512_maskz_scalef_ps(0xffff, y, t);
}
#endif

/// e^x for x <= 0, to be added up with e^0 = 1, which is exact. The error is at most |x| e^x eps, and so
/// below eps; a sum whose larger part are many terms near x has a relative error of |x| eps.
template <Real T>
Batch<T> exp_term(const Batch<T>& x) {
  return exp_nonpositive(x);
}

}  // namespace xtape::kernels
