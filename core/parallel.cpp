// Parallel loops over one team of threads.
#include <xtape/core/parallel.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include <xtape/core/blocks_impl.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/team_impl.hpp>

namespace xtape {
namespace {

using detail::Blocks;
using detail::Team;

/// The team in use. A loop holds a share of it, so that it can be replaced while loops run on other threads.
class CurrentTeam {
 public:
  std::shared_ptr<Team> get() {
    const std::lock_guard lock(mutex_);
    return team_;
  }

  void resize(int threads) {
    const std::lock_guard lock(mutex_);
    if (threads != team_->size()) team_ = std::make_shared<Team>(threads);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Team> team_ = std::make_shared<Team>(detail::processors());
};

CurrentTeam& team() {
  static CurrentTeam team;
  return team;
}

void run_here(index_t n, index_t grain, Blocks::Body body) {
  if (n > 0) detail::count_this_thread();
  for (index_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain));
}

}  // namespace

void set_num_threads(int n, Here at) {
  if (n < 1) raise<ValueError>("set_num_threads: n = " + std::to_string(n) + " must be 1 or more", at);
  team().resize(n);
}

int num_threads() { return team().get()->size(); }

void parallel_for(index_t n, index_t grain, FunctionRef<void(index_t begin, index_t end)> body) {
  if (n <= grain)
    return run_here(n, grain, body);  // one block is no loop: those within it may still be shared
  const auto shared = detail::in_parallel_block() ? nullptr : team().get();
  if (shared == nullptr || shared->size() == 1) return run_here(n, grain, body);
  Blocks blocks(n, grain, body, shared->size());
  shared->run(blocks);
  blocks.rethrow();
}

}  // namespace xtape
