// Parallel loops over one library arena; under XTAPE_STD_THREADS the same blocks over plain threads.
#include <xtape/core/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <xtape/core/error.hpp>
#include <xtape/core/parallel_impl.hpp>

#ifdef XTAPE_STD_THREADS
#include <condition_variable>
#include <cstdint>
#include <thread>
#include <vector>
#else
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#endif

namespace xtape {
namespace {

/// True while this thread runs a block: a parallel_for in a block runs on the thread that calls it.
thread_local bool in_block = false;

std::atomic<unsigned> census{1};  // counts the calls of threads_seen()
std::atomic<int> threads_counted{0};
thread_local unsigned last_census = 0;

void count_this_thread() {
  const unsigned now = census.load(std::memory_order_relaxed);
  if (last_census == now) return;
  last_census = now;
  threads_counted.fetch_add(1, std::memory_order_relaxed);
}

/// The blocks of one loop, handed out to whoever asks. Each lane is a run of neighbouring blocks: a thread
/// starts in the lane of its own number, so that loop after loop the same thread meets the same data in its
/// cache, and then helps the others.
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

  /// Runs blocks until none is left. Does not throw: the first exception is kept for rethrow().
  void run(int thread) noexcept {
    const bool outer = std::exchange(in_block, true);
    for (int i = 0; i < lanes_; ++i) run_lane((thread + i) % lanes_);
    in_block = outer;
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static constexpr int max_lanes = 64;
  struct alignas(64) Lane {
    std::atomic<index_t> block;
  };

  index_t first_block(int lane) const { return count() * lane / lanes_; }

  void run_lane(int lane) noexcept {
    const index_t end = first_block(lane + 1);
    while (!failed_.load(std::memory_order_relaxed)) {
      const index_t block = next_[lane].block.fetch_add(1, std::memory_order_relaxed);
      if (block >= end) return;
      run_block(block);
    }
  }

  void run_block(index_t block) noexcept {
    count_this_thread();
    try {
      body_(block * grain_, std::min(n_, (block + 1) * grain_));
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
  }

  index_t n_, grain_;
  Body body_;
  int lanes_;
  Lane next_[max_lanes];
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

#ifdef XTAPE_STD_THREADS

int processors() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

/// Sleeping threads that share one loop at a time; a second caller in the meantime works alone.
class Pool {
 public:
  explicit Pool(int threads) : size_(threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  int size() const { return size_; }

  void run(Blocks& blocks) {
    const std::unique_lock turn(turn_, std::try_to_lock);
    if (!turn) return blocks.run(0);
    {
      const std::lock_guard lock(mutex_);
      blocks_ = &blocks;
      busy_ = size_ - 1;
      ++loop_;
    }
    wake_.notify_all();
    blocks.run(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void work(int thread) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stopping_ || loop_ != seen; });
      if (stopping_) return;
      seen = loop_;
      lock.unlock();
      blocks_->run(thread);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  int size_;
  std::mutex turn_, mutex_;
  std::condition_variable wake_, done_;
  Blocks* blocks_ = nullptr;
  int busy_ = 0;
  std::uint64_t loop_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

#else

int processors() { return std::max(1, tbb::info::default_concurrency()); }

/// An arena of our own. A thread that waits in it must not run another caller's blocks: so it waits isolated,
/// and each caller has a slot of its own (TBB lets a caller that found none wait without isolation). Callers
/// beyond the slots work alone.
class Pool {
 public:
  explicit Pool(int threads) : size_(threads), arena_(max_callers + threads - 1, max_callers) {}

  int size() const { return size_; }

  void run(Blocks& blocks) {
    if (callers_.fetch_add(1) < max_callers) {
      arena_.execute([&] { tbb::this_task_arena::isolate([&] { share(blocks); }); });
    } else {
      blocks.run(0);
    }
    callers_.fetch_sub(1);
  }

 private:
  static constexpr int max_callers = 16;

  void share(Blocks& blocks) {
    const auto helpers = static_cast<int>(std::min<index_t>(size_, blocks.count()));
    const auto help = [&](int) { blocks.run(thread_number()); };
    tbb::parallel_for(0, helpers, help, tbb::simple_partitioner());
  }

  /// 0 for callers, which TBB puts in the first slots, then the workers.
  static int thread_number() {
    return std::max(0, tbb::this_task_arena::current_thread_index() - max_callers + 1);
  }

  int size_;
  tbb::task_arena arena_;
  std::atomic<int> callers_{0};
};

/// TBB makes one thread a processor, unless told otherwise for as long as this object lives. Raised and never
/// lowered: the arena bounds each loop, and lowering it under a loop that runs elsewhere makes TBB warn.
class ThreadLimit {
 public:
  void raise_to(int n) {
    if (n <= limit_) return;
    control_ = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                     static_cast<std::size_t>(n));
    limit_ = n;
  }

 private:
  int limit_ = processors();
  std::unique_ptr<tbb::global_control> control_;
};

#endif

/// The pool in use. A loop holds a share of it, so that it can be replaced while loops run on other threads.
class Threads {
 public:
  std::shared_ptr<Pool> pool() {
    const std::lock_guard lock(mutex_);
    return pool_;
  }

  void resize(int n) {
    const std::lock_guard lock(mutex_);
    if (n == pool_->size()) return;
#ifndef XTAPE_STD_THREADS
    limit_.raise_to(n);
#endif
    pool_ = std::make_shared<Pool>(n);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>(processors());
#ifndef XTAPE_STD_THREADS
  ThreadLimit limit_;
#endif
};

void run_here(index_t n, index_t grain, Blocks::Body body) {
  if (n > 0) count_this_thread();
  for (index_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain));
}

Threads& threads() {
  static Threads threads;
  return threads;
}

}  // namespace

void set_num_threads(int n, Here at) {
  if (n < 1) raise<ValueError>("set_num_threads: n = " + std::to_string(n) + " must be 1 or more", at);
  threads().resize(n);
}

int num_threads() { return threads().pool()->size(); }

void parallel_for(index_t n, index_t grain, FunctionRef<void(index_t begin, index_t end)> body) {
  if (n <= grain)
    return run_here(n, grain, body);  // one block is no loop: those within it may still be shared
  const auto pool = in_block ? nullptr : threads().pool();
  if (pool == nullptr || pool->size() == 1) return run_here(n, grain, body);
  Blocks blocks(n, grain, body, pool->size());
  pool->run(blocks);
  blocks.rethrow();
}

bool detail::in_parallel_block() { return in_block; }

int threads_seen() {
  census.fetch_add(1, std::memory_order_relaxed);
  return threads_counted.exchange(0, std::memory_order_relaxed);
}

}  // namespace xtape
