// Asking for memory before it is read.
#pragma once

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// How many elements before its turn memory is asked for: 8 KiB.
template <Real T>
inline constexpr index_t fetch_distance = 8192 / sizeof(T);

/// Brings what stands here to the second cache, which waits for more lines at once than the first one.
template <Real T>
void fetch(const T* x) {
  __builtin_prefetch(x, 0, 2);
}

}  // namespace xtape::kernels
