// What the library's own tests ask about a gradient check that runs.
#pragma once

namespace xtape::detail {

/// The order to which check_grads() is checking on this thread, 0 outside of one.
int checking_order();

}  // namespace xtape::detail
