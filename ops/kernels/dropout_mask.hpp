// Which elements dropout keeps, told again from a seed as often as it is asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <xtape/core/drawn.hpp>
#include <xtape/core/index.hpp>
#include <xtape/core/philox_impl.hpp>

namespace xtape::kernels {

/// Dropout of n elements with probability p. Element i is kept iff a number of 32 bits is at least
/// round(p 2^32). The upper half of that number is half i of the n numbers drawn, its lower half is half
/// n + i, which is read only where the upper half does not decide: once in 65536 times. So a number, which is
/// most of the work, serves two elements.
class DropoutMask {
 public:
  DropoutMask() : DropoutMask(0, {}, 0) {}
  DropoutMask(double p, Drawn numbers, index_t n);

  double p() const { return p_; }
  index_t size() const { return n_; }
  /// What a kept element is multiplied with: 1 / (1 - p), or 0 where nothing is kept.
  double scale() const { return p_ < 1 ? 1 / (1 - p_) : 0; }

  /// Element first + i is kept where halves[i] > bar(). Halves that do not decide become 0 or 0xFFFF.
  void fill(std::uint16_t* halves, index_t first, index_t count) const;
  std::uint16_t bar() const { return std::min<std::uint16_t>(upper_, 0xFFFE); }

  /// Whether element i is kept, by the definition above.
  bool keeps_naive(index_t i) const;

 private:
  /// Halves `first` and following of the numbers drawn.
  void read(std::uint16_t* halves, index_t first, index_t count) const;

  double p_;
  Drawn numbers_;
  index_t n_;
  PhiloxKeys keys_;
  std::uint64_t threshold_;
  std::uint16_t upper_;  // half of the threshold, 2^16 - 1 where that is 2^32
};

}  // namespace xtape::kernels
