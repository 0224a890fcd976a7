// Sorting indices: one row at a time, copied so that comparisons read contiguous memory.
#include <algorithm>
#include <numeric>
#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/sort.hpp>

namespace xtape::kernels {
namespace {

/// Whether element i of a row stands before element j: a strict order of all elements, so that every way to
/// sort gives the same.
template <Real T>
struct Before {
  const T* x;
  bool descending;

  bool operator()(std::int64_t i, std::int64_t j) const {
    const T a = x[i], b = x[j];
    if (a < b || a > b) return descending == (a > b);
    const bool a_is_nan = a != a, b_is_nan = b != b;
    return a_is_nan == b_is_nan ? i < j : b_is_nan;
  }
};

}  // namespace

template <Real T>
void argsort(std::int64_t* y, const T* x, index_t count, Split split, bool descending) {
  const auto [outer, length, inner] = split;
  if (count == 0) return;
  parallel_for(outer * inner, rows_grain(8 * length), [&](index_t begin, index_t end) {
    Scratch<T> values(length);
    Scratch<std::int64_t> order(length);
    std::int64_t* const first = order.data();
    for (index_t row = begin; row < end; ++row) {
      const index_t o = row / inner, i = row % inner;
      for (index_t l = 0; l < length; ++l) values[l] = x[(o * length + l) * inner + i];
      std::iota(first, first + length, 0);
      const Before<T> before{values.data(), descending};
      if (8 * count < length)
        std::partial_sort(first, first + count, first + length, before);
      else
        std::sort(first, first + length, before);
      for (index_t j = 0; j < count; ++j) y[(o * count + j) * inner + i] = first[j];
    }
  });
}

template <Real T>
void argsort_naive(std::int64_t* y, const T* x, index_t count, Split split, bool descending) {
  const auto [outer, length, inner] = split;
  for (index_t row = 0; row < outer * inner; ++row) {
    const index_t o = row / inner, i = row % inner;
    Scratch<T> values(length);
    for (index_t l = 0; l < length; ++l) values[l] = x[(o * length + l) * inner + i];
    const Before<T> before{values.data(), descending};
    for (index_t l = 0; l < length; ++l) {
      index_t rank = 0;
      for (index_t other = 0; other < length; ++other) rank += before(other, l);
      if (rank < count) y[(o * count + rank) * inner + i] = l;
    }
  }
}

template void argsort(std::int64_t*, const float*, index_t, Split, bool);
template void argsort(std::int64_t*, const double*, index_t, Split, bool);
template void argsort_naive(std::int64_t*, const float*, index_t, Split, bool);
template void argsort_naive(std::int64_t*, const double*, index_t, Split, bool);

}  // namespace xtape::kernels
