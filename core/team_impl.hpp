// The threads that help with parallel loops.
#pragma once

#include <memory>

#include <xtape/core/blocks_impl.hpp>

namespace xtape::detail {

/// How many threads the machine runs at once.
int processors();

/// The calling thread and its helpers, `threads` together. Several callers share the helpers.
class Team {
 public:
  explicit Team(int threads);
  ~Team();

  int size() const { return size_; }

  /// Runs all blocks. The caller never runs a block of another loop while it waits.
  void run(Blocks& blocks);

 private:
  class Board;
  class Workers;

  void wake() noexcept;

  int size_;
  std::shared_ptr<Board> board_;  // shared with helpers, which may leave after the team has gone
  std::unique_ptr<Workers> workers_;
};

}  // namespace xtape::detail
