// Loops that go along one axis in order: outer slices and bands of inner elements run in parallel.
#pragma once

#include <algorithm>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>

namespace xtape::kernels {

/// Calls body(o, begin, end) for bands [begin, end) of the inner axis of each outer slice.
template <class Body>
void for_bands(Split split, index_t count, Body body) {
  if (split.inner == 0 || count == 0) return;
  constexpr index_t band = 1024;
  const index_t bands = block_count(split.inner, band);
  parallel_for(split.outer * bands, rows_grain(count * std::min(band, split.inner)),
               [&](index_t first, index_t last) {
                 for (index_t unit = first; unit < last; ++unit) {
                   const index_t begin = unit % bands * band;
                   body(unit / bands, begin, std::min(begin + band, split.inner));
                 }
               });
}

}  // namespace xtape::kernels
