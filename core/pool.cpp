// Buffer pool: four size classes per power of two, one free list each.
#include <xtape/core/cpu.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/pool_impl.hpp>
#include <xtape/core/thread_blocks_impl.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

namespace xtape {

namespace {

struct SizeClass {
  std::mutex mutex;
  FreeBlock* free = nullptr;
  std::size_t bytes = 0;  // of each block in the list
};

constexpr std::size_t small = 256;  // bytes up to which classes are multiples of the alignment
constexpr int steps = 4;            // beyond, size classes per power of two: at most a quarter is wasted
constexpr std::size_t class_count = 62 * steps;

struct Pool {
  std::array<SizeClass, class_count> classes;
};

constinit std::atomic<std::size_t> live{0}, peak{0}, held{0};  // bytes; held: by tensors and lists together

// Never destroyed: tensors of static duration may outlive any order of destruction. Nearly every use of the
// library begins with an allocation, so a processor that cannot run it hears so here.
Pool& the_pool() {
  static Pool& pool = (check_processor(), *new Pool);
  return pool;
}

// Rounds bytes up to its class (2^e * {5, 6, 7, 8} / 4 where it is not small) and returns the class's index.
std::size_t round_to_class(std::size_t& bytes) {
  if (bytes <= small) {
    bytes = (bytes + pool::alignment - 1) / pool::alignment * pool::alignment;
    return bytes / pool::alignment;
  }
  const int exponent =
      static_cast<int>(std::bit_width(bytes - 1)) - 1;        // 2^exponent < bytes <= 2^(exponent + 1)
  const std::size_t step = std::size_t{1} << (exponent - 2);  // a quarter of 2^exponent
  const std::size_t quarters = (bytes + step - 1) / step;     // 5 to 8
  bytes = quarters * step;
  return static_cast<std::size_t>(exponent) * steps + (quarters - 5);
}

constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Asks for huge pages, which the system may refuse: where a token is written with GPT-2's weights, one pass
/// over 500 MB, it took 36 ms with small ones and 28 with these.
void prefer_huge_pages([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(block, bytes, MADV_HUGEPAGE);
#endif
}

void* system_allocate(std::size_t bytes) {
  const bool large = bytes >= huge_page;
  const std::size_t alignment = large ? huge_page : pool::alignment;
  void* block = nullptr;
  if (posix_memalign(&block, alignment, bytes) != 0) {
    release_pooled_memory();
    if (posix_memalign(&block, alignment, bytes) != 0) throw std::bad_alloc();
  }
  if (large) prefer_huge_pages(block, bytes);
  return block;
}

/// Blocks of all threads, those that nobody uses in a list a size class.
struct SharedLists {
  static void* allocate(std::size_t bytes) {
    void* block = keeps_blocks ? take(bytes) : nullptr;
    if (!block) {
      block = system_allocate(bytes);
      held += bytes;
    }
    return block;
  }

  static void deallocate(void* block, std::size_t bytes) noexcept {
    if (!keeps_blocks) return give_back(block, bytes);
    SizeClass& size_class = the_pool().classes[round_to_class(bytes)];
    const std::lock_guard lock(size_class.mutex);
    size_class.free = new (block) FreeBlock{size_class.free};
    size_class.bytes = bytes;
  }

  static void give_back(void* block, std::size_t bytes) noexcept {
    held -= bytes;
    std::free(block);
  }

 private:
  /// A block of this class, or null.
  static void* take(std::size_t bytes) {
    SizeClass& size_class = the_pool().classes[round_to_class(bytes)];
    const std::lock_guard lock(size_class.mutex);
    FreeBlock* const block = size_class.free;
    if (block) size_class.free = block->next;
    return block;
  }
};

using PoolBlocks = ThreadBlocks<SharedLists>;

}  // namespace

namespace pool {

void* allocate(std::size_t& bytes) {
  if (bytes > (std::size_t{1} << 60)) throw std::bad_alloc();
  if (keeps_blocks) round_to_class(bytes);
  void* block = PoolBlocks::allocate(bytes);
  const std::size_t now = live += bytes;
  std::size_t most = peak.load(std::memory_order_relaxed);
  while (now > most && !peak.compare_exchange_weak(most, now)) {
  }
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  live -= bytes;
  PoolBlocks::deallocate(block, bytes);
}

}  // namespace pool

MemoryStats memory_stats() {
  const std::size_t in_use = live;
  return {in_use, peak, std::max(in_use, held.load()) - in_use};
}

void reset_peak_memory() { peak = live.load(); }

void release_pooled_memory() {
  PoolBlocks::release();
  SystemBlocks::release();
  for (SizeClass& size_class : the_pool().classes) {
    const std::lock_guard lock(size_class.mutex);
    while (FreeBlock* block = size_class.free) {
      size_class.free = block->next;
      SharedLists::give_back(block, size_class.bytes);
    }
  }
}

}  // namespace xtape
