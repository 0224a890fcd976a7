// How the heads of queries, keys and values fit together.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// The axes (...) of (..., T, D).
Shape leading_axes(const Shape& x);

Shape with_last_two(Shape leading, index_t rows, index_t columns);

/// The shape (..., H, Tq, Tk) of the scores, and how many heads of q share one of k and v.
struct Scores {
  Shape shape;
  index_t group = 1;

  /// The leading axes of k and v: (..., Hkv).
  Shape shared_axes() const;
};

/// Throws ShapeError where q, k and v do not fit; v is null where there is none.
Scores check_heads(const char* op, const Shape& q, const Shape& k, const Shape* v, Here at);

/// x (..., T, D) repeated along its leading axes.
template <Real T>
BasicTensor<T> repeated(const BasicTensor<T>& x, const Shape& leading);

/// k or v (..., Hkv, Tk, D), each head as often as its group of queries is large.
template <Real T>
BasicTensor<T> for_each_query_head(const BasicTensor<T>& x, const BasicTensor<T>& q);

}  // namespace xtape
