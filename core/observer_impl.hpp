// How the engine tells observers.
#pragma once

#include <xtape/core/observer.hpp>

namespace xtape {

namespace detail {
extern constinit thread_local Observer* innermost_observer;
}

/// Calls tell(observer) for each observer of this thread, the innermost first.
template <class F>
void observe(F tell) {
  for (Observer* observer = detail::innermost_observer; observer; observer = observer->outer_)
    tell(*observer);
}

/// A scope of work that no op does.
class Work {
 public:
  explicit Work(const OpName& name) : name_(name) {
    observe([&](Observer& observer) { observer.work_began(name_); });
  }
  ~Work() {
    observe([&](Observer& observer) { observer.work_ended(name_); });
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

 private:
  OpName name_;
};

}  // namespace xtape
