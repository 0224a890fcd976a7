// How softmax's kernels go through a split: rows where the axis is last, bands of columns elsewhere.
#pragma once

#include <cmath>
#include <type_traits>
#include <utility>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>

namespace xtape::kernels {

template <int N>
using Count = std::integral_constant<int, N>;

/// Rows too few to keep threads busy, and so long that each is cut into pieces of task_size.
constexpr bool share_rows(index_t rows, index_t length) { return rows < 16 && length >= 4 * task_size; }

/// For each of y's rows of `length` elements: sum = gather(first element, length), then spread(first, length,
/// sum, sum, put). Where threads share a row, its pieces are gathered, their sums merged in order into that
/// of the row, and spread(first, length, the piece's sum, the row's sum, put) ends the piece.
template <Real T, class Gather, class Merge, class Spread>
void for_rows_in_pieces(T* y, index_t rows, index_t length, Gather gather, Merge merge, Spread spread) {
  if (!share_rows(rows, length)) {
    parallel_rows(y, rows, length, rows_grain(length), [&](index_t begin, index_t end, auto put) {
      for (index_t row = begin; row < end; ++row) {
        const auto sum = gather(row * length, length);
        spread(row * length, length, sum, sum, put);
      }
    });
    return;
  }
  const index_t pieces = block_count(length, task_size);
  Scratch<decltype(gather(0, 0))> sums(rows * pieces), row_sums(rows);
  const auto for_pieces = [&](auto body) {
    parallel_for(rows * pieces, 1, [&](index_t unit, index_t) {
      const index_t first = unit % pieces * task_size;
      body(unit, unit / pieces * length + first, std::min(task_size, length - first));
    });
  };
  for_pieces([&](index_t unit, index_t first, index_t n) { sums[unit] = gather(first, n); });
  for (index_t row = 0; row < rows; ++row) {
    row_sums[row] = sums[row * pieces];
    for (index_t piece = 1; piece < pieces; ++piece)
      row_sums[row] = merge(row_sums[row], sums[row * pieces + piece]);
  }
  for_pieces([&](index_t unit, index_t first, index_t n) {
    spread(first, n, sums[unit], row_sums[unit / pieces], UsualStore{});
  });
}

/// Calls columns(first element, Count<N>, Whole or Part) for each N batches of neighbouring columns.
template <Real T, class Columns>
void for_columns(Split split, Columns columns) {
  const auto [outer, length, inner] = split;
  constexpr index_t band = 4 * lanes<T>;
  const index_t bands = (inner + band - 1) / band;
  parallel_for(outer * bands, rows_grain(length * band), [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t first = unit % bands * band;
      const index_t at = unit / bands * length * inner + first;
      if (inner - first >= band)
        columns(at, Count<4>{}, Whole{});
      else
        for_batches<T>(inner - first, [&](index_t i, auto part) { columns(at + i, Count<1>{}, part); });
    }
  });
}

/// -inf, the top of a row that is all -inf, becomes 0, so that the exponentials are 0 and not NaN.
template <Real T>
T finite_top(T top) {
  return top == -infinity<T> ? T{0} : top;
}
template <Real T>
Batch<T> finite_top(const Batch<T>& top) {
  return xsimd::select(top == Batch<T>(-infinity<T>), Batch<T>(T{0}), top);
}

/// The largest value of a row, or of a piece, and the sum of exp(x - top).
template <Real T>
struct RowSum {
  T top, total;
};

template <Real T>
T row_top(const T* x, index_t n) {
  return reduce_batches<T>(n, -infinity<T>, Larger{},
                           [&](index_t i, auto part) { return load(x + i, part, -infinity<T>); });
}

/// The sum of term(i, Whole or Part) over a row of n elements, and the largest value of the row at `next`, which
/// is searched meanwhile: that hides the wait for its memory.
template <Real T, class Term>
std::pair<T, T> sum_and_next_top(index_t n, const T* next, Term term) {
  Batch<T> top(-infinity<T>);
  const T total = reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    top = xsimd::max(top, load(next + i, part, -infinity<T>));
    return term(i, part);
  });
  return {total, fold<T>(top, Larger{})};
}

template <Real T>
RowSum<T> merged(const RowSum<T>& a, const RowSum<T>& b) {
  const T top = std::max(a.top, b.top), finite = finite_top(top);
  return {top, a.total * std::exp(a.top - finite) + b.total * std::exp(b.top - finite)};
}

}  // namespace xtape::kernels
