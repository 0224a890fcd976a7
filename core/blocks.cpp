// The blocks of one parallel loop, and the count of threads that ran some.
#include <xtape/core/blocks_impl.hpp>

#include <utility>

namespace xtape {
namespace {

thread_local bool in_block = false;

std::atomic<unsigned> census{1};  // counts the calls of threads_seen()
std::atomic<int> threads_counted{0};
thread_local unsigned last_census = 0;

}  // namespace

namespace detail {

void Blocks::run(int thread) noexcept {
  const bool outer = std::exchange(in_block, true);
  for (int i = 0; i < lanes_; ++i) run_lane((thread + i) % lanes_);
  in_block = outer;
}

void Blocks::run_lane(int lane) noexcept {
  const index_t end = first_block(lane + 1);
  while (!failed_.load(std::memory_order_relaxed)) {
    const index_t block = next_[lane].block.fetch_add(1, std::memory_order_relaxed);
    if (block >= end) return;
    run_block(block);
  }
}

void Blocks::run_block(index_t block) noexcept {
  count_this_thread();
  try {
    body_(block * grain_, std::min(n_, (block + 1) * grain_));
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
}

bool in_parallel_block() { return in_block; }

void count_this_thread() {
  const unsigned now = census.load(std::memory_order_relaxed);
  if (last_census == now) return;
  last_census = now;
  threads_counted.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace detail

int threads_seen() {
  census.fetch_add(1, std::memory_order_relaxed);
  return threads_counted.exchange(0, std::memory_order_relaxed);
}

}  // namespace xtape
