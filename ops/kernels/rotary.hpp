// Rotary positions: pairs of channels turned by an angle that grows with the row.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// cosines[t, i] and sines[t, i], both (length, pairs), of (offset + t) base^(-i / pairs), computed in
/// double.
template <Real T>
void rotary_angles(T* cosines, T* sines, index_t length, index_t pairs, double base, index_t offset);

/// How x (matrices, length, 2 pairs) is turned: pair i is channels i and pairs + i, or, interleaved, 2i and
/// 2i + 1; back turns by the negative angles.
struct Turn {
  index_t matrices, length, pairs;
  bool interleaved, back;
};

/// (y1, y2) = (x1 cos - x2 sin, x2 cos + x1 sin) for each pair of each row.
template <Real T>
void rotary(T* y, const T* x, const T* cosines, const T* sines, const Turn& turn);

/// The same from the formula.
template <Real T>
void rotary_naive(T* y, const T* x, double base, index_t offset, const Turn& turn);

}  // namespace xtape::kernels
