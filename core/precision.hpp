// How exactly this thread multiplies matrices of floats.
#pragma once

#include <cstdint>

namespace xtape {

/// What a product of floats makes of its operands: nothing, or numbers of 8 significant bits (bfloat16),
/// which it adds up in float.
enum class Precision : std::uint8_t { full, bf16 };

/// The thread's precision of products; see set_matmul_precision().
Precision matmul_precision();

namespace detail {

/// Sets the thread's precision for as long as it lives, then restores what was.
class PrecisionScope {
 public:
  explicit PrecisionScope(Precision precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

}  // namespace detail

}  // namespace xtape
