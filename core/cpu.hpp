// The processor that runs the library, held against the one that it was compiled for.
#pragma once

namespace xtape {

/// Throws Error where this processor lacks instructions that the library was compiled for (build option
/// XTAPE_PROCESSOR). The library calls it before its first allocation.
void check_processor();

}  // namespace xtape
