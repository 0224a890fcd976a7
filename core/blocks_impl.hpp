// The blocks of one parallel loop, handed out to whoever asks.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>

#include <xtape/core/function_ref.hpp>
#include <xtape/core/index.hpp>
#include <xtape/core/parallel.hpp>

namespace xtape::detail {

/// Each lane is a run of neighbouring blocks: a thread starts in the lane of its own number, so that loop
/// after loop the same thread meets the same data in its cache, and then helps the others.
class Blocks {
 public:
  using Body = FunctionRef<void(index_t, index_t)>;

  Blocks(index_t n, index_t grain, Body body, int threads)
      : n_(n),
        grain_(grain),
        body_(body),
        lanes_(static_cast<int>(std::min<index_t>({threads, max_lanes, count()}))) {
    for (int i = 0; i < lanes_; ++i) next_[i].block.store(first_block(i), std::memory_order_relaxed);
  }

  index_t count() const { return block_count(n_, grain_); }

  /// Runs blocks until none is left to begin. Does not throw: the first exception is kept for rethrow().
  void run(int thread) noexcept;

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static constexpr int max_lanes = 64;
  struct alignas(64) Lane {
    std::atomic<index_t> block;
  };

  index_t first_block(int lane) const { return count() * lane / lanes_; }
  void run_lane(int lane) noexcept;
  void run_block(index_t block) noexcept;

  index_t n_, grain_;
  Body body_;
  int lanes_;
  Lane next_[max_lanes];
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

/// True where this thread runs a block that is shared with others: loops inside it run on this thread alone.
bool in_parallel_block();

/// Counts this thread for threads_seen().
void count_this_thread();

}  // namespace xtape::detail
