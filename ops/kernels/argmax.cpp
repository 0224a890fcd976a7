// argmax and argmin: one pass in memory order; each place compares with the best before it.
#include <functional>
#include <xtape/ops/kernels/argmax.hpp>
#include <xtape/ops/kernels/bands.hpp>

namespace xtape::kernels {
namespace {

/// Better{}(a, b) tells whether a beats b, neither being NaN.
template <class Better, Real T>
void choose(std::int64_t* y, const T* x, Split split) {
  const auto [outer, length, inner] = split;
  for_bands(split, length, [&](index_t o, index_t begin, index_t end) {
    const T* slice = x + o * length * inner;
    std::int64_t* best = y + o * inner;
    std::fill(best + begin, best + end, 0);
    for (index_t l = 1; l < length; ++l) {
      for (index_t i = begin; i < end; ++i) {
        const T value = slice[l * inner + i], chosen = slice[best[i] * inner + i];
        if (Better{}(value, chosen) || (value != value && chosen == chosen)) best[i] = l;
      }
    }
  });
}

}  // namespace

template <Real T>
void argmax(std::int64_t* y, const T* x, Split split) {
  choose<std::greater<>>(y, x, split);
}

template <Real T>
void argmin(std::int64_t* y, const T* x, Split split) {
  choose<std::less<>>(y, x, split);
}

template void argmax(std::int64_t*, const float*, Split);
template void argmax(std::int64_t*, const double*, Split);
template void argmin(std::int64_t*, const float*, Split);
template void argmin(std::int64_t*, const double*, Split);

}  // namespace xtape::kernels
