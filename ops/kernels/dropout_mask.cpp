// Which elements dropout keeps: comparisons of random halves, a few of which need a second half.
#include <xtape/ops/kernels/dropout_mask.hpp>

#include <algorithm>
#include <cmath>
#include <xtape/core/xsimd.hpp>

namespace xtape::kernels {
namespace {

bool contains(const std::uint16_t* x, index_t n, std::uint16_t value) {
  using Vector = xsimd::batch<std::uint16_t>;
  constexpr auto step = static_cast<index_t>(Vector::size);
  const Vector wanted(value);
  auto found = wanted != wanted;
  index_t i = 0;
  for (; i + step <= n; i += step) found = found | (Vector::load_unaligned(x + i) == wanted);
  return xsimd::any(found) || std::find(x + i, x + n, value) != x + n;
}

}  // namespace

DropoutMask::DropoutMask(double p, Drawn numbers, index_t n)
    : p_(p),
      numbers_(numbers),
      n_(n),
      keys_(philox_keys(numbers.seed)),
      threshold_(static_cast<std::uint64_t>(std::llround(p * 0x1p32))),
      upper_(static_cast<std::uint16_t>(std::min<std::uint64_t>(threshold_ >> 16, 0xFFFF))) {}

void DropoutMask::read(std::uint16_t* halves, index_t first, index_t count) const {
  philox_words(halves, numbers_.first, first, count, keys_);
}

void DropoutMask::fill(std::uint16_t* halves, index_t first, index_t count) const {
  read(halves, first, count);
  if (!contains(halves, count, upper_)) return;
  for (index_t i = 0; i < count; ++i) {
    if (halves[i] != upper_) continue;
    std::uint16_t lower;
    read(&lower, n_ + first + i, 1);
    halves[i] = (std::uint64_t{upper_} << 16 | lower) >= threshold_ ? 0xFFFF : 0;
  }
}

bool DropoutMask::keeps_naive(index_t i) const {
  const auto half = [&](index_t at) {
    const std::uint64_t number = numbers_.first + static_cast<std::uint64_t>(at / 2);
    return philox(numbers_.seed, number / 4)[number % 4] >> (at % 2 * 16) & 0xFFFF;
  };
  return (half(i) << 16 | half(n_ + i)) >= threshold_;
}

}  // namespace xtape::kernels
