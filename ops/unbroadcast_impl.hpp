// The gradient of broadcasting.
#pragma once

#include <utility>

#include <xtape/ops/reduce.hpp>

namespace xtape {

/// gx summed over the axes along which an input of `shape` was broadcast; gx itself where there are none.
template <Real T>
BasicTensor<T> unbroadcast(BasicTensor<T> gx, const Shape& shape) {
  return gx.shape() == shape ? std::move(gx) : sum_to(gx, shape);
}

}  // namespace xtape
