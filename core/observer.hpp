// Observers: what a thread tells of every op and every gradient while somebody wants to know.
#pragma once

#include <xtape/core/tensor.hpp>

namespace xtape {

/// Base of scopes that watch this thread: DetectAnomaly, Profile. While none is alive, an op and a gradient
/// cost one test each. An exception thrown by an observer passes to the op's caller; walk_ended()
/// throws none. An observer ends on the thread that it began on.
class Observer {
 public:
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// An op has made y; a constant where nothing needs a gradient.
  virtual void recorded(const OpName&, const AnyTensor& /*y*/) {}
  /// A walk starts to look for what it has to do.
  virtual void walk_began() {}
  /// The gradient of a node's value is complete; its gradient functions run next.
  virtual void gradient_complete(const Node&, const AnyTensor& /*gy*/) {}
  /// A gradient function of `from` has given, or added to, the gradient for its input `to`.
  virtual void gradient_made(const Node& /*from*/, const Node& /*to*/, const AnyTensor& /*gx*/) {}
  /// All gradient functions of a node have run.
  virtual void gradients_ran(const Node&) {}
  virtual void walk_ended() noexcept {}
  /// Work that no op does begins and ends: an optimiser's step, the clipping of gradients.
  virtual void work_began(const OpName&) {}
  virtual void work_ended(const OpName&) noexcept {}

 protected:
  Observer();
  ~Observer();

 private:
  template <class F>
  friend void observe(F);
  Observer* outer_;
};

}  // namespace xtape
