// The thread's list of observers.
#include <xtape/core/observer_impl.hpp>

#include <utility>

namespace xtape {

constinit thread_local Observer* detail::innermost_observer = nullptr;

Observer::Observer() : outer_(std::exchange(detail::innermost_observer, this)) {}

Observer::~Observer() {
  Observer** link = &detail::innermost_observer;
  while (*link && *link != this) link = &(*link)->outer_;
  if (*link) *link = outer_;
}

}  // namespace xtape
