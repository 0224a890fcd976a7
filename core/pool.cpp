// Buffer pool: four size classes per power of two, one free list each.
#include <xtape/core/cpu.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/pool_impl.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define XTAPE_POOL_PASSES_THROUGH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define XTAPE_POOL_PASSES_THROUGH 1
#endif
#endif

namespace xtape {

namespace {

// Under AddressSanitizer every buffer is the system's own, so that an overflow by one element is seen.
#ifdef XTAPE_POOL_PASSES_THROUGH
constexpr bool keeps_blocks = false;
#else
constexpr bool keeps_blocks = true;
#endif

struct FreeBlock {
  FreeBlock* next;
};

struct SizeClass {
  std::mutex mutex;
  FreeBlock* free = nullptr;
};

constexpr int steps = 4;                        // size classes per power of two: at most a quarter is wasted
constexpr std::size_t smallest = 256;           // bytes; every class is then a multiple of the alignment
constexpr std::size_t first_class = 7 * steps;  // where `smallest` falls
constexpr std::size_t class_count = 62 * steps;

struct Pool {
  std::array<SizeClass, class_count> classes;
  std::atomic<std::size_t> live{0}, peak{0}, pooled{0};
};

// Never destroyed: tensors of static duration may outlive any order of destruction. Nearly every use of the
// library begins with an allocation, so a processor that cannot run it hears so here.
Pool& the_pool() {
  static Pool& pool = (check_processor(), *new Pool);
  return pool;
}

// Rounds bytes up to its class (2^e * {4, 5, 6, 7} / 4) and returns the class's index.
std::size_t round_to_class(std::size_t& bytes) {
  bytes = std::max(bytes, smallest);
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

}  // namespace

namespace pool {

void* allocate(std::size_t& bytes) {
  Pool& pool = the_pool();
  if (bytes > (std::size_t{1} << 60)) throw std::bad_alloc();
  void* block = nullptr;
  if (keeps_blocks) {
    SizeClass& size_class = pool.classes[round_to_class(bytes)];
    const std::lock_guard lock(size_class.mutex);
    if (size_class.free) {
      block = size_class.free;
      size_class.free = size_class.free->next;
      pool.pooled -= bytes;
    }
  }
  if (!block) block = system_allocate(bytes);
  const std::size_t live = pool.live += bytes;
  std::size_t peak = pool.peak;
  while (live > peak && !pool.peak.compare_exchange_weak(peak, live)) {
  }
  return block;
}

void deallocate(void* block, std::size_t bytes) noexcept {
  Pool& pool = the_pool();
  pool.live -= bytes;
  if (!keeps_blocks) {
    std::free(block);
    return;
  }
  std::size_t same = bytes;
  SizeClass& size_class = pool.classes[round_to_class(same)];
  const std::lock_guard lock(size_class.mutex);
  size_class.free = new (block) FreeBlock{size_class.free};
  pool.pooled += bytes;
}

}  // namespace pool

MemoryStats memory_stats() {
  const Pool& pool = the_pool();
  return {pool.live, pool.peak, pool.pooled};
}

void reset_peak_memory() { the_pool().peak = the_pool().live.load(); }

void release_pooled_memory() {
  Pool& pool = the_pool();
  for (std::size_t c = first_class; c < class_count; ++c) {
    SizeClass& size_class = pool.classes[c];
    const std::lock_guard lock(size_class.mutex);
    const std::size_t bytes = (c % steps + 5) << (c / steps - 2);
    while (size_class.free) {
      FreeBlock* block = size_class.free;
      size_class.free = block->next;
      pool.pooled -= bytes;
      std::free(block);
    }
  }
}

}  // namespace xtape
