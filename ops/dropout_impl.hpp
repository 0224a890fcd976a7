// Dropout with given random numbers, for ops that drop out again what they dropped before.
#pragma once

#include <xtape/core/random.hpp>

namespace xtape {

/// dropout(), where element i is dropped by number i of `numbers`.
template <Real T>
BasicTensor<T> dropout_again(const BasicTensor<T>& x, double p, Drawn numbers, Here at = Here::now());

}  // namespace xtape
