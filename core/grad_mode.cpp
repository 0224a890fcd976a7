// The thread's grad mode.
#include <xtape/core/grad_mode.hpp>

#include <utility>

namespace xtape {

namespace {
constinit thread_local bool enabled_here = true;
}

bool grad_enabled() { return enabled_here; }

GradMode::GradMode(bool enabled) : before_(std::exchange(enabled_here, enabled)) {}

GradMode::~GradMode() { enabled_here = before_; }

}  // namespace xtape
