// Helpers of parallel loops: threads of TBB, or plain ones under XTAPE_STD_THREADS, that stay awake between
// loops.
#include <xtape/core/team_impl.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <thread>
#include <utility>

#ifdef XTAPE_STD_THREADS
#include <condition_variable>
#include <mutex>
#include <vector>
#else
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>
#endif

namespace xtape::detail {

/// Where callers post their loops. Handing over a loop to a thread that looks here costs a fraction of a
/// microsecond, and waking a thread that sleeps 5 to 50: so helpers stay for a while after each loop.
class Team::Board {
 public:
  static constexpr int places = 16;  // of callers at once; those beyond work alone

  /// The place where `blocks` stands until take_down(), or -1; the loop has work for so many helpers.
  int post(Blocks& blocks, int helpers) {
    unsigned taken = taken_.load();
    int place;
    do {
      place = std::countr_one(taken);
      if (place >= places) return -1;
    } while (!taken_.compare_exchange_weak(taken, taken | bit(place)));
    posts_[place].blocks = &blocks;
    posts_[place].wanted = helpers;
    wanted_.fetch_add(helpers);
    open_.fetch_or(bit(place));
    return place;
  }

  /// Waits for the helpers, who have begun the last blocks.
  void take_down(int place) {
    open_.fetch_and(~bit(place));
    while (posts_[place].helpers.load() > 0) relax();
    wanted_.fetch_sub(posts_[place].wanted);
    taken_.fetch_and(~bit(place));
  }

  /// The body of a helper: runs blocks of any loop on the board, until none has come for a while.
  void serve(int thread) {
    auto idle_since = Clock::now();
    while (true) {
      if (help(thread)) {
        idle_since = Clock::now();
      } else if (Clock::now() - idle_since < patience) {
        relax();
      } else {
        awake_.fetch_sub(1);
        if (open_.load() == 0) return;
        awake_.fetch_add(1);  // a loop was posted, and then this thread was counted
      }
    }
  }

  /// True if one helper more is to be called, and counts it: all loops together have work for more than are
  /// awake, of whom there are `most`.
  bool claim_call(int most) {
    int awake = awake_.load();
    while (awake < std::min(most, wanted_.load()))
      if (awake_.compare_exchange_weak(awake, awake + 1)) return true;
    return false;
  }
  void not_called() { awake_.fetch_sub(1); }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds patience{200};

  struct alignas(64) Post {
    Blocks* blocks = nullptr;
    int wanted = 0;               // helpers
    std::atomic<int> helpers{0};  // that are there
  };

  static unsigned bit(int place) { return 1u << place; }
  static void relax() { std::this_thread::yield(); }

  /// Runs what is left of one open loop. The loop is read only after this thread is counted and has seen it
  /// open again: take_down() closes first and counts then.
  bool help(int thread) {
    const unsigned open = open_.load();
    if (open == 0) return false;
    const int place = std::countr_zero(open);
    Post& post = posts_[place];
    post.helpers.fetch_add(1);
    if ((open_.load() & bit(place)) != 0) {
      post.blocks->run(thread);
      open_.fetch_and(~bit(place));  // nothing is left to begin
    }
    post.helpers.fetch_sub(1);
    return true;
  }

  std::atomic<unsigned> open_{0}, taken_{0};
  std::atomic<int> awake_{0};   // helpers that serve, or were called
  std::atomic<int> wanted_{0};  // by all loops together
  Post posts_[places];
};

#ifdef XTAPE_STD_THREADS

int processors() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

/// Threads that sleep until they are called.
class Team::Workers {
 public:
  Workers(int count, std::shared_ptr<Board> board) : board_(std::move(board)) {
    try {
      for (int i = 1; i <= count; ++i) threads_.emplace_back([this, i] { work(i); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~Workers() { stop(); }

  void call() {
    {
      const std::lock_guard lock(mutex_);
      ++calls_;
    }
    called_.notify_one();
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    called_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void work(int thread) {
    std::unique_lock lock(mutex_);
    while (true) {
      called_.wait(lock, [this] { return stopping_ || calls_ > 0; });
      if (stopping_) return;
      --calls_;
      lock.unlock();
      board_->serve(thread);
      lock.lock();
    }
  }

  std::shared_ptr<Board> board_;
  std::mutex mutex_;
  std::condition_variable called_;
  int calls_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

#else

int processors() { return std::max(1, tbb::info::default_concurrency()); }

/// Lets TBB make more threads than one a processor. Never lowered, since teams of before may still work.
/// Teams are made one at a time.
void allow_threads(int n) {
  static int allowed = processors();
  static std::unique_ptr<tbb::global_control> control;
  if (n <= allowed) return;
  control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                  static_cast<std::size_t>(n));
  allowed = n;
}

/// An arena of TBB, all of whose places are for TBB's own threads.
class Team::Workers {
 public:
  Workers(int count, std::shared_ptr<Board> board)
      : count_(std::max(1, count)), board_(std::move(board)), arena_(count_, 0) {
    allow_threads(count + 1);
  }

  void call() {
    arena_.enqueue([board = board_, count = count_] {
      const int place = tbb::this_task_arena::current_thread_index();  // an arena has two places at least
      board->serve(1 + place % count);
    });
  }

 private:
  int count_;
  std::shared_ptr<Board> board_;
  tbb::task_arena arena_;
};

#endif

Team::Team(int threads)
    : size_(threads),
      board_(std::make_shared<Board>()),
      workers_(std::make_unique<Workers>(threads - 1, board_)) {}

Team::~Team() = default;

void Team::run(Blocks& blocks) {
  const auto helpers = static_cast<int>(std::min<index_t>(size_, blocks.count())) - 1;
  const int place = board_->post(blocks, helpers);
  if (place < 0) return blocks.run(0);
  wake();  // after post(): a helper that is about to leave looks there once more
  blocks.run(0);
  board_->take_down(place);
}

void Team::wake() noexcept {
  while (board_->claim_call(size_ - 1)) {
    try {
      workers_->call();
    } catch (...) {  // the loop runs with fewer
      return board_->not_called();
    }
  }
}

}  // namespace xtape::detail
