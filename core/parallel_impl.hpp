// Where a thread stands in parallel loops.
#pragma once

namespace xtape::detail {

/// True where this thread runs a block that is shared with others: loops inside it run on this thread alone.
bool in_parallel_block();

}  // namespace xtape::detail
