// Memory of what every op makes and every walk drops.
#pragma once

#include <cstddef>
#include <new>

namespace xtape {

/// Base of nodes and gradient functions: the memory of those that a thread drops serves those that it makes
/// next.
struct Recycled {
  static void* operator new(std::size_t bytes);
  static void operator delete(void* block, std::size_t bytes) noexcept;

  static void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return ::operator new(bytes, alignment);
  }
  static void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
    ::operator delete(block, alignment);
  }
};

}  // namespace xtape
