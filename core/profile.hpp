// Profile: where the time and the memory of a step go, by op.
#pragma once

#include <chrono>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/core/observer.hpp>

namespace xtape {

/// Collects what this thread does from its construction to stop():
///
///     Profile profile;
///     step();
///     profile.stop();
///     std::cout << profile;
///
/// Every moment counts for one row, so the rows add up to the whole. The time since the thread's last event
/// goes, when an op has made its result, to that op, forward, whether it is recorded or not; when a node's
/// gradient functions have run, to the node's op, backward, with all ops that they called. So preparation
/// between two ops counts for the second one, and ops made of others show as those. "(walk)" is what
/// backward() and grad() need to find their way, "(outside)" the time before a walk, before stop() and before
/// work that is not an op. Such work, an optimiser's step or clip_grad_norm(), has a row of its own. A
/// checkpoint's second run counts for the ops in it.
class Profile final : Observer {
 public:
  struct Row {
    std::string op;
    std::size_t calls = 0;           ///< results made
    std::size_t backward_calls = 0;  ///< gradients passed through
    double forward = 0;              ///< seconds
    double backward = 0;             ///< seconds
    std::size_t saved_bytes = 0;     ///< kept for gradients
    double share = 0;                ///< of the total time, in [0, 1]
  };

  Profile() = default;
  /// Ends the collection; more calls do nothing.
  void stop();

  /// One row an op, the longest time first.
  std::vector<Row> rows() const;
  /// Seconds from the construction to the last event: what the rows add up to.
  double total() const;
  /// {"total": seconds, "ops": [{"op": ..., "calls": ..., ...}, ...]}, times in seconds.
  std::string to_json() const;
  /// A table of rows().
  friend std::ostream& operator<<(std::ostream& out, const Profile& profile) { return profile.print(out); }

 private:
  using Clock = std::chrono::steady_clock;

  void recorded(const OpName& op, const AnyTensor& y) override;
  void walk_began() override;
  void gradient_complete(const Node& node, const AnyTensor& gy) override;
  void gradients_ran(const Node& node) override;
  void walk_ended() noexcept override;
  void work_began(const OpName& name) override;
  void work_ended(const OpName& name) noexcept override;

  Row& row(std::string_view op);
  /// The seconds since the last event, which this is.
  double lap();
  std::ostream& print(std::ostream& out) const;

  std::map<std::string, Row, std::less<>> rows_;
  Clock::time_point start_ = Clock::now(), last_ = start_;
  bool stopped_ = false;
};

}  // namespace xtape
