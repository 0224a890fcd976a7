// Rotary positions (Su et al., "RoFormer", 2021).
#include <xtape/ops/kernels/rotary.hpp>

#include <cmath>
#include <complex>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {
namespace {

/// One row; the channels of a pair are `apart` from each other, and pairs `step`.
template <index_t step, Real T>
void turn_row(T* y, const T* x, const T* cosines, const T* sines, index_t pairs, index_t apart, T sign) {
  for (index_t i = 0; i < pairs; ++i) {
    const T x1 = x[step * i], x2 = x[step * i + apart], sine = sign * sines[i];
    y[step * i] = x1 * cosines[i] - x2 * sine;
    y[step * i + apart] = x2 * cosines[i] + x1 * sine;
  }
}

}  // namespace

template <Real T>
void rotary_angles(T* cosines, T* sines, index_t length, index_t pairs, double base, index_t offset) {
  constexpr index_t cost = 16;  // of an angle, in elements of other loops
  parallel_for(length, rows_grain(cost * pairs), [&](index_t begin, index_t end) {
    for (index_t i = 0; i < pairs; ++i) {
      const double frequency = std::pow(base, -static_cast<double>(i) / static_cast<double>(pairs));
      for (index_t t = begin; t < end; ++t) {
        const double angle = static_cast<double>(offset + t) * frequency;
        cosines[t * pairs + i] = static_cast<T>(std::cos(angle));
        sines[t * pairs + i] = static_cast<T>(std::sin(angle));
      }
    }
  });
}

template <Real T>
void rotary(T* y, const T* x, const T* cosines, const T* sines, const Turn& turn) {
  const index_t pairs = turn.pairs;
  const T sign = turn.back ? T{-1} : T{1};
  parallel_for(turn.matrices * turn.length, rows_grain(2 * pairs), [&](index_t begin, index_t end) {
    for (index_t row = begin; row < end; ++row) {
      const index_t at = row * 2 * pairs, angle = row % turn.length * pairs;
      if (turn.interleaved)
        turn_row<2>(y + at, x + at, cosines + angle, sines + angle, pairs, 1, sign);
      else
        turn_row<1>(y + at, x + at, cosines + angle, sines + angle, pairs, pairs, sign);
    }
  });
}

template <Real T>
void rotary_naive(T* y, const T* x, double base, index_t offset, const Turn& turn) {
  for (index_t row = 0; row < turn.matrices * turn.length; ++row)
    for (index_t i = 0; i < turn.pairs; ++i) {
      const index_t first = row * 2 * turn.pairs + (turn.interleaved ? 2 * i : i);
      const index_t second = first + (turn.interleaved ? 1 : turn.pairs);
      const double angle = static_cast<double>(offset + row % turn.length) /
                           std::pow(base, 2 * static_cast<double>(i) / static_cast<double>(2 * turn.pairs));
      const auto z = std::complex<double>(x[first], x[second]) * std::polar(1.0, turn.back ? -angle : angle);
      y[first] = static_cast<T>(z.real());
      y[second] = static_cast<T>(z.imag());
    }
}

template void rotary_angles(float*, float*, index_t, index_t, double, index_t);
template void rotary_angles(double*, double*, index_t, index_t, double, index_t);
template void rotary(float*, const float*, const float*, const float*, const Turn&);
template void rotary(double*, const double*, const double*, const double*, const Turn&);
template void rotary_naive(float*, const float*, double, index_t, const Turn&);
template void rotary_naive(double*, const double*, double, index_t, const Turn&);

}  // namespace xtape::kernels
