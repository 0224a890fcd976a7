// How exactly this thread multiplies matrices of floats.
#pragma once

#include <cstdint>
#include <utility>

namespace xtape {

/// What a product of floats makes of its operands: nothing, or numbers of 8 significant bits (bfloat16),
/// which it adds up in float.
enum class Precision : std::uint8_t { full, bf16 };

namespace detail {
extern constinit thread_local Precision precision_here;
}

/// The thread's precision of products; see set_matmul_precision().
inline Precision matmul_precision() { return detail::precision_here; }

namespace detail {

/// Sets the thread's precision for as long as it lives, then restores what was.
class PrecisionScope {
 public:
  explicit PrecisionScope(Precision precision) : before_(std::exchange(precision_here, precision)) {}
  ~PrecisionScope() { precision_here = before_; }
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

}  // namespace detail

}  // namespace xtape
