// How the losses of single elements or rows become one.
#pragma once

#include <xtape/ops/loss.hpp>
#include <xtape/ops/reduce.hpp>

namespace xtape {

/// The losses themselves, their sum, or their mean.
template <Real T>
BasicTensor<T> reduced(const BasicTensor<T>& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

}  // namespace xtape
