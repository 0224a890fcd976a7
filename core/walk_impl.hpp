// What the engine knows while gradient functions run.
#pragma once

namespace xtape::detail {

/// The op whose gradient function runs on this thread, or "backward" outside of one.
const char* running_op();

}  // namespace xtape::detail
