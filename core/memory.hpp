// What the library holds: bytes and nodes, for leak tests and reports.
#pragma once

#include <cstddef>

namespace xtape {

/// Bytes of tensor storage, counted in whole pool blocks.
struct MemoryStats {
  std::size_t live;    ///< held by tensors now
  std::size_t peak;    ///< the largest `live` since the start or the last reset_peak_memory()
  std::size_t pooled;  ///< free, kept for reuse
};

MemoryStats memory_stats();

/// Lets the peak start again from what is live now.
void reset_peak_memory();

/// Gives the pool's free blocks back to the system, and the memory of nodes that are gone, but for at most
/// 8 MiB of small blocks that each other thread keeps until it ends.
void release_pooled_memory();

/// The number of graph nodes alive, leaves included.
std::size_t live_nodes();

}  // namespace xtape
