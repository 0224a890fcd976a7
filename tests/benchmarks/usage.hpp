// What the process took from the system.
#pragma once

#include <sys/resource.h>

namespace bench {

inline rusage usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

inline long page_faults() { return usage().ru_minflt + usage().ru_majflt; }

/// The most memory that was resident at once.
inline long peak_bytes() { return usage().ru_maxrss * 1024; }

}  // namespace bench
