// Random numbers that were drawn once and can be drawn again.
#pragma once

#include <cstdint>

namespace xtape {

/// A stream's numbers from `first` on.
struct Drawn {
  std::uint64_t seed = 0, first = 0;
};

}  // namespace xtape
