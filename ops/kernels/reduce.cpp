// Reductions: axes collapse until every step is one (outer, length, inner) block, read once in memory order.
#include <array>
#include <cassert>
#include <cmath>
#include <xtape/core/parallel.hpp>
#include <xtape/core/stream_impl.hpp>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/loops.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/kernels/rows.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {
namespace {

/// Most elements that one block adds up in T.
constexpr index_t block_size = 65536;
/// Most rows that one block adds up, eight at a time or one after another.
constexpr index_t block_rows = 1024;
/// Columns treated together: their running results stay in the first cache.
constexpr index_t tile_width = 2048;

/// Whether n elements have left the caches when they are read again.
template <Real T>
bool beyond_caches(index_t n) {
  return n * static_cast<index_t>(sizeof(T)) >= detail::streamed_bytes;
}

struct Sum : Plus {
  template <Real T>
  using Total = double;
  static constexpr double identity = 0;
};

struct Product {
  template <Real T>
  using Total = double;
  static constexpr double identity = 1;
  template <class V>
  V operator()(const V& a, const V& b) const {
    return a * b;
  }
};

/// The processors' max and min yield b where either is NaN: only a needs a look.
struct Max {
  template <Real T>
  using Total = T;
  static constexpr double identity = -infinity<double>;
  template <Real T>
  Batch<T> operator()(const Batch<T>& a, const Batch<T>& b) const {
    return xsimd::select(xsimd::isnan(a), a, xsimd::max(a, b));
  }
  template <class V>
  V operator()(const V& a, const V& b) const {
    return a != a ? a : (a > b ? a : b);
  }
};

struct Min {
  template <Real T>
  using Total = T;
  static constexpr double identity = infinity<double>;
  template <Real T>
  Batch<T> operator()(const Batch<T>& a, const Batch<T>& b) const {
    return xsimd::select(xsimd::isnan(a), a, xsimd::min(a, b));
  }
  template <class V>
  V operator()(const V& a, const V& b) const {
    return a != a ? a : (a < b ? a : b);
  }
};

/// The products of two arrays' elements, read as if they were an array.
template <Real T>
struct Products {
  const T *a, *b;

  T operator[](index_t i) const { return a[i] * b[i]; }
  friend Products operator+(Products x, index_t i) { return {x.a + i, x.b + i}; }
  template <class P>
  friend Batch<T> load(Products x, P part, T fill) {
    return load(x.a, part, fill) * load(x.b, part, fill);
  }
  friend void fetch(Products x) {
    fetch(x.a);
    fetch(x.b);
  }
};

// Below, X is an array of T: a pointer, or Products.

template <class Op, Real T, class X>
T reduce_row(X x, index_t n, bool fetches) {
  constexpr T none = static_cast<T>(Op::identity);
  return reduce_batches<T>(n, none, Op{}, [&](index_t i, auto part) {
    if (fetches) fetch(x + (i + fetch_distance<T>));
    return load(x + i, part, none);
  });
}

/// Rows shorter than a batch: a batch of rows at a time.
template <class Op, Real T, class X>
void reduce_short_rows(T* y, X x, index_t rows, index_t n) {
  for (index_t first = 0; first < rows; first += lanes<T>) {
    const index_t count = std::min(lanes<T>, rows - first);
    T total[lanes<T>];
    std::fill_n(total, lanes<T>, static_cast<T>(Op::identity));
    for (index_t i = 0; i < n; ++i) {
      const auto column = x + (first * n + i);
      if (count == lanes<T>)
        for (index_t k = 0; k < lanes<T>; ++k) total[k] = Op{}(total[k], column[k * n]);
      else
        for (index_t k = 0; k < count; ++k) total[k] = Op{}(total[k], column[k * n]);
    }
    std::copy_n(total, count, y + first);
  }
}

/// y[j] = op over r of x[r * step + j] for the columns j of [0, width): eight rows at a time, as a tree.
template <class Op, Real T, class X>
void reduce_rows(T* y, X x, index_t rows, index_t step, index_t width) {
  constexpr T none = static_cast<T>(Op::identity);
  const Op op;
  std::fill_n(y, width, none);
  index_t r = 0;
  for (; r + 8 <= rows; r += 8)
    for_batches<T>(width, [&](index_t j, auto part) {
      const auto row = [&](index_t k) {
        fetch(x + ((r + k + 8) * step + j));
        return load(x + ((r + k) * step + j), part, none);
      };
      const Batch<T> low = op(op(row(0), row(1)), op(row(2), row(3)));
      const Batch<T> high = op(op(row(4), row(5)), op(row(6), row(7)));
      store(y + j, Batch<T>(op(load(y + j, part, none), Batch<T>(op(low, high)))), part);
    });
  for (; r < rows; ++r)
    for_batches<T>(width, [&](index_t j, auto part) {
      store(y + j, Batch<T>(op(load(y + j, part, none), load(x + (r * step + j), part, none))), part);
    });
}

/// The same for rows that come from beyond the caches: one after another, as memory reads best, and in groups
/// of 64, so that rounding grows with 64 + rows / 64. The width is at most tile_width.
template <class Op, Real T, class X>
void reduce_far_rows(T* y, X x, index_t rows, index_t step, index_t width) {
  constexpr T none = static_cast<T>(Op::identity);
  constexpr index_t group_size = 64;
  const index_t ahead = block_count(fetch_distance<T>, width) * step;
  const Op op;
  alignas(64) T group[tile_width];
  std::fill_n(y, width, none);
  for (index_t first = 0; first < rows; first += group_size) {
    std::fill_n(group, width, none);
    for (index_t r = first; r < std::min(rows, first + group_size); ++r)
      for_batches<T>(width, [&](index_t j, auto part) {
        const X row = x + (r * step + j);
        fetch(row + ahead);
        store(group + j, Batch<T>(op(load(group + j, part, none), load(row, part, none))), part);
      });
    for_batches<T>(width, [&](index_t j, auto part) {
      store(y + j, Batch<T>(op(load(y + j, part, none), load(group + j, part, none))), part);
    });
  }
}

/// y[j] = op over p of x[p * width + j], in order, in the wider type.
template <class Op, Real T>
void combine_rows(T* y, const T* x, index_t rows, index_t width) {
  using Total = typename Op::template Total<T>;
  constexpr index_t step = 256;
  Total total[step];
  for (index_t first = 0; first < width; first += step) {
    const index_t n = std::min(step, width - first);
    std::fill_n(total, n, static_cast<Total>(Op::identity));
    for (index_t r = 0; r < rows; ++r)
      for (index_t j = 0; j < n; ++j) total[j] = Op{}(total[j], static_cast<Total>(x[r * width + first + j]));
    for (index_t j = 0; j < n; ++j) y[first + j] = static_cast<T>(total[j]);
  }
}

/// The last axis: one result a row; rows longer than a block are cut, and their parts kept until the end.
template <class Op, Real T, class X>
void reduce_last(T* y, X x, index_t rows, index_t n) {
  using Total = typename Op::template Total<T>;
  const bool fetches = beyond_caches<T>(rows * n);
  if (n <= block_size) {
    parallel_for(rows, rows_grain(n), [&](index_t begin, index_t end) {
      if (n < lanes<T>) return reduce_short_rows<Op>(y + begin, x + begin * n, end - begin, n);
      for (index_t o = begin; o < end; ++o) y[o] = reduce_row<Op, T>(x + o * n, n, fetches);
    });
    return;
  }
  const index_t blocks = block_count(n, block_size);
  Scratch<Total> parts(rows * blocks);
  parallel_for(rows * blocks, 1, [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t first = unit % blocks * block_size;
      parts[unit] =
          reduce_row<Op, T>(x + (unit / blocks * n + first), std::min(block_size, n - first), fetches);
    }
  });
  for (index_t o = 0; o < rows; ++o) {
    Total total = static_cast<Total>(Op::identity);
    for (index_t b = 0; b < blocks; ++b) total = Op{}(total, parts[o * blocks + b]);
    y[o] = static_cast<T>(total);
  }
}

/// At most `most` rows, so that blocks of them are about equal and, as a rule, even in number: threads should
/// meet the rows that they met in other loops.
index_t even_rows(index_t length, index_t most) {
  if (length <= most) return length;
  const index_t pairs = block_count(length, 2 * most);
  return block_count(length, 2 * pairs);
}

/// Any other axis: tiles of columns, and blocks of rows where there are too few tiles or too many rows.
template <class Op, Real T, class X>
void reduce_middle(T* y, X x, Split split) {
  const auto [outer, length, inner] = split;
  const index_t tile = std::min(inner, tile_width);
  const index_t tiles = block_count(inner, tile);
  const bool far = tile >= 16 * lanes<T> && beyond_caches<T>(outer * length * inner);
  const index_t wanted = outer * tiles >= 64 ? length : block_size / tile;
  const index_t rows = even_rows(length, std::min({length, wanted, block_rows}));
  const index_t blocks = block_count(length, rows);
  Scratch<T> parts(blocks == 1 ? 0 : outer * blocks * inner);
  T* const results = blocks == 1 ? y : parts.data();
  parallel_for(outer * blocks * tiles, rows_grain(rows * tile), [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t slab = unit / tiles, column = unit % tiles * tile;  // slab = o * blocks + block
      const index_t row = slab % blocks * rows;
      const auto from = x + ((slab / blocks * length + row) * inner + column);
      const index_t count = std::min(rows, length - row), width = std::min(tile, inner - column);
      if (far)
        reduce_far_rows<Op>(results + slab * inner + column, from, count, inner, width);
      else
        reduce_rows<Op>(results + slab * inner + column, from, count, inner, width);
    }
  });
  if (blocks == 1) return;
  parallel_for(outer, rows_grain(blocks * inner), [&](index_t begin, index_t end) {
    for (index_t o = begin; o < end; ++o)
      combine_rows<Op>(y + o * inner, results + o * blocks * inner, blocks, inner);
  });
}

template <class Op, Real T, class X>
void reduce_split(T* y, X x, Split split) {
  if (split.inner == 1)
    reduce_last<Op>(y, x, split.outer, split.length);
  else
    reduce_middle<Op>(y, x, split);
}

/// Extents with neighbours of one kind merged and ones dropped: kinds alternate.
struct Axes {
  std::array<index_t, max_rank> extent;
  std::size_t rank = 0;
  bool last_reduced = false;
};

Axes collapse(std::span<const index_t> y_shape, std::span<const index_t> x_shape) {
  assert(x_shape.size() <= max_rank && y_shape.size() <= x_shape.size());
  const std::size_t missing = x_shape.size() - y_shape.size();
  Axes axes;
  for (std::size_t i = 0; i < x_shape.size(); ++i) {
    if (x_shape[i] == 1) continue;
    const bool reduced = i < missing || y_shape[i - missing] == 1;
    assert(reduced || y_shape[i - missing] == x_shape[i]);
    if (axes.rank > 0 && reduced == axes.last_reduced)
      axes.extent[axes.rank - 1] *= x_shape[i];
    else
      axes.extent[axes.rank++] = x_shape[i];
    axes.last_reduced = reduced;
  }
  return axes;
}

index_t product(const Axes& axes, std::size_t count) {
  index_t n = 1;
  for (std::size_t i = 0; i < count; ++i) n *= axes.extent[i];
  return n;
}

/// Takes the innermost reduced axis away: returns the block it makes of the array.
Split take_innermost(Axes& axes) {
  const bool last = axes.last_reduced;
  const std::size_t at = axes.rank - (last ? 1 : 2);
  const Split split{product(axes, at), axes.extent[at], last ? 1 : axes.extent[at + 1]};
  if (!last && at > 0) axes.extent[at - 1] *= split.inner;  // kept axes meet
  if (!last && at == 0) axes.extent[0] = split.inner;
  axes.rank = !last && at == 0 ? 1 : at;
  axes.last_reduced = false;
  return split;
}

std::size_t reduced_axes(const Axes& axes) { return (axes.rank + (axes.last_reduced ? 1 : 0)) / 2; }

/// Reduces the axes one by one, from the last; each result is the next one's x.
template <class Op, Real T, class X>
void reduce_axes(T* y, X x, Axes axes) {
  if (reduced_axes(axes) == 0) {
    const index_t n = product(axes, axes.rank);
    for (index_t i = 0; i < n; ++i) y[i] = x[i];
    return;
  }
  const Split split = take_innermost(axes);
  if (reduced_axes(axes) == 0) return reduce_split<Op>(y, x, split);
  Scratch<T> next(split.outer * split.inner);
  reduce_split<Op>(next.data(), x, split);
  reduce_axes<Op>(y, static_cast<const T*>(next.data()), axes);
}

template <class Op, Real T, class X>
void reduce(T* y, X x, std::span<const index_t> y_shape, std::span<const index_t> x_shape) {
  const Axes axes = collapse(y_shape, x_shape);
  if (product(axes, axes.rank) != 0) return reduce_axes<Op>(y, x, axes);
  index_t y_size = 1;
  for (const index_t n : y_shape) y_size *= n;
  std::fill_n(y, y_size, static_cast<T>(Op::identity));
}

template <class Op, Real T, class X>
void reduce_naive(T* y, X x, std::span<const index_t> y_shape, std::span<const index_t> x_shape) {
  const std::size_t missing = x_shape.size() - y_shape.size();
  index_t x_size = 1, y_size = 1;
  for (const index_t n : x_shape) x_size *= n;
  for (const index_t n : y_shape) y_size *= n;
  std::fill_n(y, y_size, static_cast<T>(Op::identity));
  for (index_t at = 0; at < x_size; ++at) {
    index_t rest = at, place = 0, step = 1;
    for (std::size_t i = x_shape.size(); i-- > missing;) {
      const index_t k = rest % x_shape[i];
      rest /= x_shape[i];
      if (y_shape[i - missing] != 1) place += k * step;
      step *= y_shape[i - missing];
    }
    y[place] = Op{}(y[place], x[at]);
  }
}

}  // namespace

using Extents = std::span<const index_t>;

template <Real T>
void sum(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce<Sum>(y, x, y_shape, x_shape);
}

template <Real T>
void sum_of_products(T* y, const T* a, const T* b, Extents y_shape, Extents x_shape) {
  reduce<Sum>(y, Products<T>{a, b}, y_shape, x_shape);
}

template <Real T>
void prod(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce<Product>(y, x, y_shape, x_shape);
}

template <Real T>
void amax(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce<Max>(y, x, y_shape, x_shape);
}

template <Real T>
void amin(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce<Min>(y, x, y_shape, x_shape);
}

template <Real T>
void sum_naive(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce_naive<Sum>(y, x, y_shape, x_shape);
}

template <Real T>
void sum_of_products_naive(T* y, const T* a, const T* b, Extents y_shape, Extents x_shape) {
  reduce_naive<Sum>(y, Products<T>{a, b}, y_shape, x_shape);
}

template <Real T>
void prod_naive(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce_naive<Product>(y, x, y_shape, x_shape);
}

template <Real T>
void amax_naive(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce_naive<Max>(y, x, y_shape, x_shape);
}

template <Real T>
void amin_naive(T* y, const T* x, Extents y_shape, Extents x_shape) {
  reduce_naive<Min>(y, x, y_shape, x_shape);
}

template void sum(float*, const float*, Extents, Extents);
template void sum(double*, const double*, Extents, Extents);
template void sum_of_products(float*, const float*, const float*, Extents, Extents);
template void sum_of_products(double*, const double*, const double*, Extents, Extents);
template void prod(float*, const float*, Extents, Extents);
template void prod(double*, const double*, Extents, Extents);
template void amax(float*, const float*, Extents, Extents);
template void amax(double*, const double*, Extents, Extents);
template void amin(float*, const float*, Extents, Extents);
template void amin(double*, const double*, Extents, Extents);
template void sum_naive(float*, const float*, Extents, Extents);
template void sum_naive(double*, const double*, Extents, Extents);
template void sum_of_products_naive(float*, const float*, const float*, Extents, Extents);
template void sum_of_products_naive(double*, const double*, const double*, Extents, Extents);
template void prod_naive(float*, const float*, Extents, Extents);
template void prod_naive(double*, const double*, Extents, Extents);
template void amax_naive(float*, const float*, Extents, Extents);
template void amax_naive(double*, const double*, Extents, Extents);
template void amin_naive(float*, const float*, Extents, Extents);
template void amin_naive(double*, const double*, Extents, Extents);

}  // namespace xtape::kernels
