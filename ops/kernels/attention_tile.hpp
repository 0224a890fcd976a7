// A tile of attention's scores: which part of it is seen, its values, its dropout, its gradient.
#pragma once

#include <algorithm>
#include <cstdint>

#include <xtape/core/parallel.hpp>
#include <xtape/ops/kernels/attention.hpp>
#include <xtape/ops/kernels/exponential.hpp>
#include <xtape/ops/kernels/gemm.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/simd.hpp>
#include <xtape/ops/kernels/transpose_block.hpp>

namespace xtape::kernels {

inline constexpr index_t tile_side = 64;     // queries or keys of a tile
inline constexpr index_t strip_height = 16;  // queries of a strip

/// Queries [i, i + rows) against keys [j, j + columns) of head h in batch b.
struct Tile {
  index_t b, h, i, rows, j, columns;
};

inline index_t tiles(index_t n) { return block_count(n, tile_side); }

/// One tile of all, by its place among them.
inline Tile tile_at(index_t b, index_t h, index_t query_tile, index_t key_tile, const AttentionShape& shape) {
  const index_t i = query_tile * tile_side, j = key_tile * tile_side;
  return {b, h, i, std::min(tile_side, shape.queries - i), j, std::min(tile_side, shape.keys - j)};
}

/// How many tiles of keys a tile of queries sees, and which tile of queries is the first to see one of keys.
inline index_t key_tiles(const AttentionShape& shape, bool causal, index_t query_tile) {
  return causal ? std::min(tiles(shape.keys), query_tile + 1) : tiles(shape.keys);
}
inline index_t first_query_tile(bool causal, index_t key_tile) { return causal ? key_tile : 0; }

/// Calls body for what is seen of a tile: all of it, or, where causality hides a corner, strips of rows, each
/// up to the last key that one of its rows sees.
template <class Body>
void for_seen(const Tile& t, bool causal, Body body) {
  if (!causal || t.j + t.columns <= t.i + 1) return body(t);
  for (index_t r = 0; r < t.rows; r += strip_height) {
    Tile strip = t;
    strip.i += r;
    strip.rows = std::min(strip_height, t.rows - r);
    strip.columns = std::min(t.columns, strip.i + strip.rows - t.j);
    body(strip);
  }
}

/// Calls body(b, h, tile) for each of `count` tiles of each head.
template <class Body>
void for_tiles(index_t batch, index_t heads, index_t count, Body body) {
  parallel_for(batch * heads * count, 1, [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit)
      body(unit / count / heads, unit / count % heads, unit % count);
  });
}

template <Real T>
void add_bias(T* scores, const Tile& t, const ScoresView<const T>& bias) {
  for (index_t r = 0; r < t.rows; ++r) {
    T* row = scores + r * tile_side;
    const T* b = bias.at(t.b, t.h, t.i + r, t.j);
    if (bias.column == 1)
      for (index_t c = 0; c < t.columns; ++c) row[c] += b[c];
    else
      for (index_t c = 0; c < t.columns; ++c) row[c] += b[c * bias.column];
  }
}

/// Puts -inf where a query does not see a key.
template <Real T>
void hide(T* scores, const Tile& t, const AttentionRule<T>& rule) {
  const auto& keep = rule.keep;
  for (index_t r = 0; r < t.rows; ++r) {
    T* row = scores + r * tile_side;
    const index_t seen = rule.causal ? std::clamp<index_t>(t.i + r + 1 - t.j, 0, t.columns) : t.columns;
    std::fill(row + seen, row + t.columns, -infinity<T>);
    if (!keep.data) continue;
    const bool* kept = keep.at(t.b, t.h, t.i + r, t.j);
    for (index_t c = 0; c < seen; ++c)
      if (!kept[c * keep.column]) row[c] = -infinity<T>;
  }
}

/// The keys or values of a tile, transposed: products with them read it as it lies.
template <Real T>
class Turned {
 public:
  explicit Turned(index_t size) : size_(size), values_(size * tile_side) {}

  void turn(HeadsView<const T> x, const Tile& t, const AttentionShape& shape) {
    transpose_copy(values_.data(), tile_side, x.at(t.b, t.h / shape.group, t.j), x.row, size_, t.columns);
  }
  /// result (rows, columns) = scale x turned, with the rows of a tile or of a strip of it.
  void multiply(T* result, HeadsView<const T> x, const Tile& t, T scale) {
    gemm<T>(result, x.at(t.b, t.h, t.i), values_.data(),
            {t.rows, t.columns, size_, x.row, tile_side, tile_side}, scale, T{0});
  }

 private:
  index_t size_;
  Scratch<T> values_;  // (size, columns)
};

/// scores (rows, columns) of a tile, rows `tile_side` apart: scale q k^T + bias, -inf where hidden.
template <Real T>
void score(T* scores, HeadsView<const T> q, Turned<T>& keys, const Tile& t, const AttentionRule<T>& rule) {
  keys.multiply(scores, q, t, static_cast<T>(rule.scale));
  if (rule.bias.data) add_bias(scores, t, rule.bias);
  if (rule.keep.data || (rule.causal && t.j + t.columns > t.i + 1)) hide(scores, t, rule);
}

/// What dropout multiplies the weights in row r of a tile with.
template <Real T>
void drop_factors(T* factors, index_t r, const Tile& t, const AttentionShape& shape,
                  const AttentionRule<T>& rule) {
  std::uint16_t halves[tile_side];
  const index_t flat = ((t.b * shape.heads + t.h) * shape.queries + t.i + r) * shape.keys + t.j;
  rule.dropout.fill(halves, flat, t.columns);
  const auto scale = static_cast<T>(rule.dropout.scale());
  const std::uint16_t bar = rule.dropout.bar();
  for (index_t c = 0; c < t.columns; ++c) factors[c] = halves[c] > bar ? scale : T{0};
}

template <Real T>
void multiply_row(T* row, const T* factors, index_t n) {
  for (index_t i = 0; i < n; ++i) row[i] *= factors[i];
}

/// row = exp(row - top), and the sum of it.
template <Real T>
T exponentials(T* row, index_t n, T top) {
  return reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    const Batch<T> e = exp_nonpositive(load(row + i, part, -infinity<T>) - top);
    store(row + i, e, part);
    return e;
  });
}

/// -inf, the top of a row that sees nothing so far, becomes 0, so that exponentials are 0 and not NaN.
template <Real T>
T finite(T top) {
  return top == -infinity<T> ? T{0} : top;
}

/// The weights of a tile, the gradient of its scores, and what both are made of.
template <Real T>
struct TileGrad {
  explicit TileGrad(const AttentionShape& shape) : keys(shape.head_size), values(shape.value_size) {}

  T weights[tile_side * tile_side], gscores[tile_side * tile_side];
  Turned<T> keys, values;
};

/// delta[r] = sum over d of gout out: what softmax's gradient takes off each row.
template <Real T>
void row_dots(T* delta, const AttentionPast<T>& past, const Tile& t, const AttentionShape& shape) {
  for (index_t r = 0; r < t.rows; ++r) {
    const T *g = past.gout.at(t.b, t.h, t.i + r), *y = past.out.at(t.b, t.h, t.i + r);
    delta[r] = reduce_batches<T>(shape.value_size, T{0}, Plus{}, [&](index_t i, auto part) {
      return load(g + i, part, T{0}) * load(y + i, part, T{0});
    });
  }
}

/// weights = dropped p and gscores = dy/dscores of a tile, where p = exp(scores - logsumexp):
///   gp = drop(gout v^T)
///   gscores = p (gp - delta), delta = sum over all keys of p gp = sum over d of gout out
template <Real T>
void tile_grad(TileGrad<T>& to, const AttentionPast<T>& past, const Tile& t, const AttentionShape& shape,
               const AttentionRule<T>& rule) {
  T delta[tile_side];
  row_dots(delta, past, t, shape);
  score(to.weights, past.q, to.keys, t, rule);
  to.values.multiply(to.gscores, past.gout, t, T{1});
  const T* logsumexp = past.logsumexp + (t.b * shape.heads + t.h) * shape.queries + t.i;
  T factors[tile_side];
  for (index_t r = 0; r < t.rows; ++r) {
    T *p = to.weights + r * tile_side, *g = to.gscores + r * tile_side;
    if (rule.dropout.p() > 0) drop_factors(factors, r, t, shape, rule);
    exponentials(p, t.columns, finite(logsumexp[r]));
    if (rule.dropout.p() > 0) multiply_row(g, factors, t.columns);
    for (index_t c = 0; c < t.columns; ++c) g[c] = p[c] * (g[c] - delta[r]);
    if (rule.dropout.p() > 0) multiply_row(p, factors, t.columns);
  }
}

/// Calls body(part) for what is seen of a tile, when `to` holds the gradients of that part.
template <Real T, class Body>
void for_grads(TileGrad<T>& to, const AttentionPast<T>& past, const Tile& t, const AttentionShape& shape,
               const AttentionRule<T>& rule, Body body) {
  to.keys.turn(past.k, t, shape);
  to.values.turn(past.v, t, shape);
  for_seen(t, rule.causal, [&](const Tile& part) {
    tile_grad(to, past, part, shape, rule);
    body(part);
  });
}

}  // namespace xtape::kernels
