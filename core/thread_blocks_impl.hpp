// Free blocks that a thread keeps for itself: taking one and giving it back needs no lock and no call of the
// allocator.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define XTAPE_BLOCKS_ARE_THE_SYSTEMS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTAPE_BLOCKS_ARE_THE_SYSTEMS 1
#endif
#endif

namespace xtape {

// Under AddressSanitizer every block is the system's own, so that an overflow by one element is seen.
#ifdef XTAPE_BLOCKS_ARE_THE_SYSTEMS
inline constexpr bool keeps_blocks = false;
#else
inline constexpr bool keeps_blocks = true;
#endif

/// The link in a block that nobody uses.
struct FreeBlock {
  FreeBlock* next;
};

constexpr std::size_t round_to_step(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

/// Small blocks of one kind, sizes in multiples of 16 bytes. A thread keeps up to 4 MiB of those that it is
/// done with; all others, and those at the end of the thread, go back to where blocks come from:
/// Source::allocate(bytes) and Source::deallocate(block, bytes).
template <class Source>
class ThreadBlocks {
 public:
  static void* allocate(std::size_t bytes) {
    if (bytes > largest) return Source::allocate(bytes);
    FreeBlock*& first = kept.first[bytes / 16];
    if (!first) return Source::allocate(bytes);
    kept.room += bytes;
    return std::exchange(first, first->next);
  }

  static void deallocate(void* block, std::size_t bytes) noexcept {
    if (!keeps_blocks || bytes > largest || (bytes > kept.room && !open()))
      return Source::deallocate(block, bytes);
    FreeBlock*& first = kept.first[bytes / 16];
    first = new (block) FreeBlock{first};
    kept.room -= bytes;
  }

  /// Gives back what this thread keeps.
  static void release() noexcept {
    for (std::size_t i = 0; i < kept.first.size(); ++i)
      while (FreeBlock* block = kept.first[i]) {
        kept.first[i] = block->next;
        kept.room += i * 16;
        Source::deallocate(block, i * 16);
      }
  }

 private:
  static constexpr std::size_t largest = 1024, most_bytes = std::size_t{4} << 20;

  struct Kept {
    std::array<FreeBlock*, largest / 16 + 1> first;
    std::size_t room;  // for more bytes; none before open() and after the end of the thread
    bool opened;
  };

  struct AtEndOfThread {
    ~AtEndOfThread() {
      release();
      kept.room = 0;
    }
  };

  /// Makes room, the first time; false where there is none.
  static bool open() noexcept {
    if (kept.opened) return false;
    static thread_local const AtEndOfThread closes;
    kept.opened = true;
    kept.room = most_bytes;
    return true;
  }

  // Without constructor and destructor: what dies late on this thread may still come here.
  static constinit inline thread_local Kept kept{};
};

/// Where blocks come from that are the system's.
struct System {
  static void* allocate(std::size_t bytes) { return ::operator new(bytes); }
  static void deallocate(void* block, std::size_t) noexcept { ::operator delete(block); }
};
using SystemBlocks = ThreadBlocks<System>;

}  // namespace xtape
