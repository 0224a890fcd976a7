// Parallel loops: the only place that knows how work reaches threads.
#pragma once

#include <xtape/core/function_ref.hpp>
#include <xtape/core/here.hpp>
#include <xtape/core/index.hpp>

namespace xtape {

/// Sets how many threads kernels may use, the calling one included. The default is the number of processors.
/// Results do not depend on it. Throws ValueError for n < 1.
void set_num_threads(int n, Here at = Here::now());

/// How many threads kernels may use.
int num_threads();

/// Calls body(begin, end) for [0, n) cut into blocks of `grain` (the last may be shorter), in any order and
/// on any thread, and returns when all are done. The cuts depend on n and grain alone, so a body that
/// computes each block in the same way gives the same bits for any number of threads.
/// One thread, or a call from inside a block of another loop, runs the blocks one by one on the caller. A
/// loop of one block is a plain call: loops inside it may still be shared. The first exception thrown by a
/// body is rethrown here.
void parallel_for(index_t n, index_t grain, FunctionRef<void(index_t begin, index_t end)> body);

/// The number of blocks that parallel_for(n, grain, ...) cuts: one slot each for partial sums, which the
/// caller then adds up in order.
constexpr index_t block_count(index_t n, index_t grain) { return (n + grain - 1) / grain; }

/// How many different threads ran a block since the last call: lets a test assert that work was shared.
int threads_seen();

}  // namespace xtape
