// Dropout with given random numbers, for ops that drop out again what they dropped before.
#pragma once

#include <xtape/core/random.hpp>

namespace xtape {

/// dropout(), where `numbers`, one for each element, decide what is kept, as kernels::DropoutMask says.
template <Real T>
BasicTensor<T> dropout_again(const BasicTensor<T>& x, double p, Drawn numbers, Here at = Here::now());

}  // namespace xtape
