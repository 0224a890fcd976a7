// The buffer pool: blocks by size class, kept for the next tensor of about that size.
#pragma once

#include <cstddef>

namespace xtape::pool {

inline constexpr std::size_t alignment = 64;

/// A block of at least `bytes` (> 0), aligned to `alignment`, contents undefined. `bytes` becomes the size
/// of the block, which deallocate wants back. Throws std::bad_alloc.
void* allocate(std::size_t& bytes);

void deallocate(void* block, std::size_t bytes) noexcept;

}  // namespace xtape::pool
