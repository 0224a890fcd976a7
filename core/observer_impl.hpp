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

}  // namespace xtape
