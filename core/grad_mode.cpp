// The thread's grad mode.
#include <xtape/core/grad_mode.hpp>

#include <utility>

namespace xtape {

constinit thread_local bool detail::grad_enabled_here = true;

GradMode::GradMode(bool enabled) : before_(std::exchange(detail::grad_enabled_here, enabled)) {}

GradMode::~GradMode() { detail::grad_enabled_here = before_; }

}  // namespace xtape
