// Strided copies: rows where the last axes agree, blocks turned in registers where they do not.
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <xtape/ops/kernels/fetch.hpp>
#include <xtape/ops/kernels/loops.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/stream.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {
namespace {

struct Assign {
  template <class V>
  void operator()(V& y, const V& x) const {
    y = x;
  }
};

/// Assign, past the caches.
struct Stream : Assign {};

struct Add {
  template <class V>
  void operator()(V& y, const V& x) const {
    y += x;
  }
};

template <class Op, Real T>
void move_contiguous(T* y, const T* x, index_t n) {
  for_batches<T>(n, [&](index_t i, auto part) {
    Batch<T> value(T{0});
    if constexpr (std::same_as<Op, Add>) value = load(y + i, part, T{0});
    Op{}(value, load(x + i, part, T{0}));
    store(y + i, value, part);
  });
}

template <class Op, Real T>
void move_row(T* y, index_t y_step, const T* x, index_t x_step, index_t n) {
  const Op op;
  if (y_step == 1 && x_step == 1) {
    move_contiguous<Op>(y, x, n);
  } else if (y_step == 1 && x_step == 0) {
    const T value = *x;
    for (index_t i = 0; i < n; ++i) op(y[i], value);
  } else if (y_step == 1 && x_step == -1) {
    for (index_t i = 0; i < n; ++i) op(y[i], x[-i]);
  } else {
    for (index_t i = 0; i < n; ++i) op(y[i * y_step], x[i * x_step]);
  }
}

/// y[a * y_step + b] op= x[b * x_step + a] for a block of lanes x lanes.
template <class Op, Real T>
void turn_block(T* y, index_t y_step, const T* x, index_t x_step) {
  constexpr int N = static_cast<int>(lanes<T>);
  typename Vector<T, N>::type row[N];
  unrolled<N>([&](auto i) { std::memcpy(&row[i], x + i * x_step, sizeof row[i]); });
  transpose_block<T, N>(row);
  unrolled<N>([&](auto i) {
    typename Vector<T, N>::type value;
    if constexpr (std::same_as<Op, Add>) std::memcpy(&value, y + i * y_step, sizeof value);
    Op{}(value, row[i]);
    if constexpr (std::same_as<Op, Stream>)
      stream(y + i * y_step, value);
    else
      std::memcpy(y + i * y_step, &value, sizeof value);
  });
}

/// The two axes of a transpose: along `a` neighbours are near in x, along `b` in y.
struct Plane {
  index_t a_size, b_size;
  index_t y_a, y_b, x_a, x_b;
};

/// The part of a plane with a in [a0, a1) and b in [b0, b1).
template <class Op, Real T>
void turn_tile(T* y, const T* x, const Plane& p, index_t a0, index_t a1, index_t b0, index_t b1) {
  const auto singly = [&](index_t from_a, index_t to_a, index_t from_b, index_t to_b) {
    for (index_t a = from_a; a < to_a; ++a)
      for (index_t b = from_b; b < to_b; ++b) Op{}(y[a * p.y_a + b * p.y_b], x[a * p.x_a + b * p.x_b]);
  };
  constexpr index_t n = lanes<T>;
  const bool blocks = p.y_b == 1 && p.x_a == 1;
  const index_t a_end = blocks ? a0 + (a1 - a0) / n * n : a0;
  const index_t b_end = blocks ? b0 + (b1 - b0) / n * n : b0;
  for (index_t a = a0; a < a_end; a += n)
    for (index_t b = b0; b < b_end; b += n)
      turn_block<Op>(y + a * p.y_a + b, p.y_a, x + a + b * p.x_b, p.x_b);
  singly(a0, a_end, b_end, b1);
  singly(a_end, a1, b0, b1);
}

/// The part of a plane with a in [a0, a1), of which only the last lanes may be incomplete, and b in
/// [b0, b0 + line_size): x is read along rows, and each row of y gets one line, past the caches. Rows too
/// short for the processor to guess how they go on are fetched while the band before them is turned.
template <Real T>
void stream_band(T* y, const T* x, const Plane& p, index_t a0, index_t a1, index_t b0) {
  constexpr index_t n = lanes<T>;
  const index_t a_end = a0 + (a1 - a0) / n * n, b1 = b0 + line_size<T>;
  const bool fetches = p.a_size * static_cast<index_t>(sizeof(T)) <= 4096;
  for (index_t a = a0; a < a_end; a += n)
    for (index_t b = b0; b < b1; b += n) {
      for (index_t i = 0; fetches && i < n; ++i) fetch(x + a + (b + line_size<T> + i) * p.x_b);
      turn_block<Stream>(y + a * p.y_a + b, p.y_a, x + a + b * p.x_b, p.x_b);
    }
  for (index_t a = a_end; a < a1; ++a)
    for (index_t b = b0; b < b1; ++b) y[a * p.y_a + b] = x[a + b * p.x_b];
}

constexpr index_t tile_size = 64;

/// Whether y is so large that it should be streamed, and each of its rows is made of whole cache lines.
template <Real T>
bool rows_fill_lines(const T* y, const Loops<2>& loops) {
  const auto ends_line = [](index_t step) { return step % line_size<T> == 0; };
  const auto outer = std::span(loops.stride[0]).first(loops.rank - 1);
  return should_stream(y, loops.rows() * loops.inner(), loops.inner()) && ends_line(loops.start[0]) &&
         std::all_of(outer.begin(), outer.end(), ends_line);
}

/// All planes, past the caches.
template <Real T>
void stream_planes(T* y, const T* x, const Loops<2>& loops, const Plane& plane, index_t planes) {
  constexpr index_t run = 4096;  // a multiple of the lanes; x is read in such runs
  const index_t bands = plane.b_size / line_size<T>, units = block_count(plane.a_size, run) * bands;
  const index_t grain = rows_grain(std::min(plane.a_size, run) * line_size<T>);
  parallel_for(planes * units, grain, [&](index_t begin, index_t end) {
    Cursor<2> cursor(loops, 2, begin / units);
    for (index_t i = begin; i < end; ++i) {
      const index_t a = i % units / bands * run, b = i % bands * line_size<T>;
      stream_band(y + cursor.at()[0], x + cursor.at()[1], plane, a, std::min(a + run, plane.a_size), b);
      if (i % units == units - 1) cursor.next();
    }
    finish_streaming();
  });
}

/// Moves the axis `near` of x, where neighbours are nearest, to the end: tiles over (near, last).
template <class Op, Real T>
void move_planes(T* y, const T* x, Loops<2> loops, std::size_t near) {
  const std::size_t last = loops.rank - 1;
  const Plane plane{loops.extent[near],    loops.extent[last],    loops.stride[0][near],
                    loops.stride[0][last], loops.stride[1][near], loops.stride[1][last]};
  const bool streamed =
      plane.y_b == 1 && plane.x_a == 1 && plane.a_size >= lanes<T> && rows_fill_lines(y, loops);
  for (std::size_t i = near; i + 2 < loops.rank; ++i) {
    loops.extent[i] = loops.extent[i + 1];
    for (PerAxis& s : loops.stride) s[i] = s[i + 1];
  }
  index_t planes = 1;
  for (std::size_t i = 0; i + 2 < loops.rank; ++i) planes *= loops.extent[i];
  if constexpr (std::same_as<Op, Assign>)
    if (streamed) return stream_planes(y, x, loops, plane, planes);
  const index_t a_tiles = block_count(plane.a_size, tile_size),
                b_tiles = block_count(plane.b_size, tile_size);
  const index_t tile_elements = std::min(plane.a_size, tile_size) * std::min(plane.b_size, tile_size);
  parallel_for(planes * a_tiles * b_tiles, rows_grain(tile_elements), [&](index_t begin, index_t end) {
    Cursor<2> cursor(loops, 2, begin / (a_tiles * b_tiles));
    for (index_t unit = begin; unit < end; ++unit) {
      const index_t tile = unit % (a_tiles * b_tiles);
      const index_t a = tile / b_tiles * tile_size, b = tile % b_tiles * tile_size;
      turn_tile<Op>(y + cursor.at()[0], x + cursor.at()[1], plane, a, std::min(a + tile_size, plane.a_size),
                    b, std::min(b + tile_size, plane.b_size));
      if (tile == a_tiles * b_tiles - 1) cursor.next();
    }
  });
}

/// The axis along which x's neighbours are nearest; the last one where no other is nearer.
std::size_t nearest_axis(const Loops<2>& loops) {
  std::size_t nearest = loops.rank - 1;
  for (std::size_t i = 0; i < loops.rank; ++i) {
    const index_t step = std::abs(loops.stride[1][i]);
    if (step != 0 && step < std::abs(loops.stride[1][nearest])) nearest = i;
  }
  return nearest;
}

template <class Op, Real T>
void move_strided(T* y, Extents y_strides, const T* x, Extents x_strides, Extents shape) {
  const index_t count = std::accumulate(shape.begin(), shape.end(), index_t{1}, std::multiplies<>());
  if (count == 0) return;
  layout_bytes.fetch_add(static_cast<std::uint64_t>(count) * sizeof(T), std::memory_order_relaxed);
  const Loops<2> loops = collapse<2>(shape, {y_strides, x_strides});
  const std::size_t last = loops.rank - 1, near = nearest_axis(loops);
  if (near != last) return move_planes<Op>(y, x, loops, near);
  const index_t y_step = loops.stride[0][last], x_step = loops.stride[1][last];
  for_rows(loops, [&](const std::array<index_t, 2>& at, index_t n) {
    move_row<Op>(y + at[0], y_step, x + at[1], x_step, n);
  });
}

template <class Op, Real T>
void move_naive(T* y, Extents y_strides, const T* x, Extents x_strides, Extents shape) {
  index_t n = 1;
  for (const index_t extent : shape) n *= extent;
  for (index_t at = 0; at < n; ++at) {
    index_t rest = at, to = 0, from = 0;
    for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i]) {
      to += rest % shape[i] * y_strides[i];
      from += rest % shape[i] * x_strides[i];
    }
    Op{}(y[to], x[from]);
  }
}

}  // namespace

template <Real T>
void strided_copy(T* y, const T* x, Extents x_strides, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_strided<Assign>(y, Extents(dense.data(), shape.size()), x, x_strides, shape);
}

template <Real T>
void strided_assign(T* y, Extents y_strides, const T* x, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_strided<Assign>(y, y_strides, x, Extents(dense.data(), shape.size()), shape);
}

template <Real T>
void strided_add(T* y, Extents y_strides, const T* x, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_strided<Add>(y, y_strides, x, Extents(dense.data(), shape.size()), shape);
}

template <Real T>
void strided_copy_naive(T* y, const T* x, Extents x_strides, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_naive<Assign>(y, Extents(dense.data(), shape.size()), x, x_strides, shape);
}

template <Real T>
void strided_assign_naive(T* y, Extents y_strides, const T* x, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_naive<Assign>(y, y_strides, x, Extents(dense.data(), shape.size()), shape);
}

template <Real T>
void strided_add_naive(T* y, Extents y_strides, const T* x, Extents shape) {
  const PerAxis dense = contiguous_strides(shape);
  move_naive<Add>(y, y_strides, x, Extents(dense.data(), shape.size()), shape);
}

template void strided_copy(float*, const float*, Extents, Extents);
template void strided_copy(double*, const double*, Extents, Extents);
template void strided_assign(float*, Extents, const float*, Extents);
template void strided_assign(double*, Extents, const double*, Extents);
template void strided_add(float*, Extents, const float*, Extents);
template void strided_add(double*, Extents, const double*, Extents);
template void strided_copy_naive(float*, const float*, Extents, Extents);
template void strided_copy_naive(double*, const double*, Extents, Extents);
template void strided_assign_naive(float*, Extents, const float*, Extents);
template void strided_assign_naive(double*, Extents, const double*, Extents);
template void strided_add_naive(float*, Extents, const float*, Extents);
template void strided_add_naive(double*, Extents, const double*, Extents);

}  // namespace xtape::kernels
