// Attention in tiles of 64 queries by 64 keys. Forward keeps a running maximum and sum for each row (Milakov
// and Gimelshein, "Online normalizer calculation for softmax", 2018); backward computes the scores of a tile
// anew from the row's log-sum-exp (Dao et al., "FlashAttention", 2022).
#include <xtape/ops/kernels/attention.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <xtape/core/parallel.hpp>
#include <xtape/core/philox_impl.hpp>
#include <xtape/ops/kernels/gemm.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {
namespace {

constexpr index_t side = 64;  // queries or keys of a tile

/// Queries [i, i + rows) against keys [j, j + columns) of head h in batch b.
struct Tile {
  index_t b, h, i, rows, j, columns;
};

index_t tiles(index_t n) { return block_count(n, side); }

/// How many tiles of keys the queries from i on see, and from which tile of queries on the keys from j on are
/// seen.
index_t key_tiles(const AttentionShape& shape, const AttentionRule& rule, index_t i) {
  return tiles(rule.causal ? std::min(shape.keys, i + side) : shape.keys);
}
index_t first_query_tile(const AttentionRule& rule, index_t j) { return rule.causal ? j / side : 0; }

/// Puts -inf where a query does not see a key.
template <Real T>
void hide(T* scores, const Tile& t, const AttentionRule& rule) {
  const KeepView& keep = rule.keep;
  for (index_t r = 0; r < t.rows; ++r) {
    T* row = scores + r * side;
    const index_t seen = rule.causal ? std::clamp<index_t>(t.i + r + 1 - t.j, 0, t.columns) : t.columns;
    std::fill(row + seen, row + t.columns, -infinity<T>);
    if (!keep.data) continue;
    const bool* kept =
        keep.data + t.b * keep.batch + t.h * keep.head + (t.i + r) * keep.row + t.j * keep.column;
    for (index_t c = 0; c < seen; ++c)
      if (!kept[c * keep.column]) row[c] = -infinity<T>;
  }
}

/// scores (rows, columns) of a tile, rows `side` apart: scale q k^T, -inf where hidden.
template <Real T>
void score(T* scores, HeadsView<const T> q, HeadsView<const T> k, const Tile& t, const AttentionShape& shape,
           const AttentionRule& rule) {
  gemm<T>(scores, q.at(t.b, t.h, t.i), k.at(t.b, t.h, t.j),
          {t.rows, t.columns, shape.head_size, q.row, k.row, side, false, true}, static_cast<T>(rule.scale),
          T{0});
  if (rule.keep.data || (rule.causal && t.j + t.columns > t.i + 1)) hide(scores, t, rule);
}

/// Multiplies each weight by 0 or by 1 / (1 - dropout), as its number decides.
template <Real T>
void drop(T* weights, const Tile& t, const AttentionShape& shape, const AttentionRule& rule) {
  const T grown = rule.dropout < 1 ? static_cast<T>(1 / (1 - rule.dropout)) : T{0};
  const std::uint64_t threshold = dropout_threshold(rule.dropout);
  std::uint32_t numbers[side];
  for (index_t r = 0; r < t.rows; ++r) {
    const index_t flat = ((t.b * shape.heads + t.h) * shape.queries + t.i + r) * shape.keys + t.j;
    philox_uint32(numbers, rule.first + static_cast<std::uint64_t>(flat), t.columns, rule.seed);
    T* row = weights + r * side;
    for (index_t c = 0; c < t.columns; ++c) row[c] *= numbers[c] >= threshold ? grown : T{0};
  }
}

/// row = exp(row - top), and the sum of it.
template <Real T>
T exponentials(T* row, index_t n, T top) {
  return reduce_batches<T>(n, T{0}, Plus{}, [&](index_t i, auto part) {
    const Batch<T> e = xsimd::exp(load(row + i, part, -infinity<T>) - top);
    store(row + i, e, part);
    return e;
  });
}

template <Real T>
void scale_row(T* row, index_t n, T factor) {
  for (index_t i = 0; i < n; ++i) row[i] *= factor;
}

/// -inf, the top of a row that sees nothing so far, becomes 0, so that exponentials are 0 and not NaN.
template <Real T>
T finite(T top) {
  return top == -infinity<T> ? T{0} : top;
}

/// One tile of queries against all keys that it sees.
template <Real T>
void attend(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k, HeadsView<const T> v,
            Tile t, const AttentionShape& shape, const AttentionRule& rule) {
  T scores[side * side], top[side], total[side];
  std::fill_n(top, t.rows, -infinity<T>);
  std::fill_n(total, t.rows, T{0});
  T* y = out.at(t.b, t.h, t.i);
  for (index_t r = 0; r < t.rows; ++r) std::fill_n(y + r * out.row, shape.value_size, T{0});

  const index_t count = key_tiles(shape, rule, t.i);
  for (index_t tile = 0; tile < count; ++tile) {
    t.j = tile * side;
    t.columns = std::min(side, shape.keys - t.j);
    score(scores, q, k, t, shape, rule);
    for (index_t r = 0; r < t.rows; ++r) {
      T* row = scores + r * side;
      const T before = top[r];
      top[r] = std::max(
          before, reduce_batches<T>(t.columns, -infinity<T>, Larger{},
                                    [&](index_t i, auto part) { return load(row + i, part, -infinity<T>); }));
      const T shrink = std::exp(before - finite(top[r]));  // 0 before the first key
      total[r] = total[r] * shrink + exponentials(row, t.columns, finite(top[r]));
      if (tile > 0) scale_row(y + r * out.row, shape.value_size, shrink);
    }
    if (rule.dropout > 0) drop(scores, t, shape, rule);
    gemm<T>(y, scores, v.at(t.b, t.h, t.j), {t.rows, shape.value_size, t.columns, side, v.row, out.row}, T{1},
            T{1});
  }
  for (index_t r = 0; r < t.rows; ++r) {
    scale_row(y + r * out.row, shape.value_size, total[r] == 0 ? T{0} : 1 / total[r]);
    logsumexp[(t.b * shape.heads + t.h) * shape.queries + t.i + r] = top[r] + std::log(total[r]);
  }
}

/// What the backward pass reads, in one place.
template <Real T>
struct Past {
  HeadsView<const T> gout, out;
  const T* logsumexp;
  HeadsView<const T> q, k, v;
};

/// delta[r] = sum over d of gout out: what softmax's gradient takes off each row.
template <Real T>
void row_dots(T* delta, const Past<T>& past, const Tile& t, const AttentionShape& shape) {
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
void tile_grad(T* weights, T* gscores, const Past<T>& past, const Tile& t, const AttentionShape& shape,
               const AttentionRule& rule) {
  T delta[side];
  row_dots(delta, past, t, shape);
  score(weights, past.q, past.k, t, shape, rule);
  gemm<T>(gscores, past.gout.at(t.b, t.h, t.i), past.v.at(t.b, t.h, t.j),
          {t.rows, t.columns, shape.value_size, past.gout.row, past.v.row, side, false, true}, T{1}, T{0});
  if (rule.dropout > 0) drop(gscores, t, shape, rule);
  const T* logsumexp = past.logsumexp + (t.b * shape.heads + t.h) * shape.queries + t.i;
  for (index_t r = 0; r < t.rows; ++r) {
    T *p = weights + r * side, *g = gscores + r * side;
    exponentials(p, t.columns, finite(logsumexp[r]));
    for (index_t c = 0; c < t.columns; ++c) g[c] = p[c] * (g[c] - delta[r]);
  }
  if (rule.dropout > 0) drop(weights, t, shape, rule);
}

/// gq += gscores k scale.
template <Real T>
void add_gq(HeadsView<T> gq, const T* gscores, const Past<T>& past, const Tile& t,
            const AttentionShape& shape, const AttentionRule& rule) {
  gemm<T>(gq.at(t.b, t.h, t.i), gscores, past.k.at(t.b, t.h, t.j),
          {t.rows, shape.head_size, t.columns, side, past.k.row, gq.row}, static_cast<T>(rule.scale), T{1});
}

/// gk += gscores^T q scale, gv += weights^T gout.
template <Real T>
void add_gk_gv(HeadsView<T> gk, HeadsView<T> gv, const T* weights, const T* gscores, const Past<T>& past,
               const Tile& t, const AttentionShape& shape, const AttentionRule& rule) {
  gemm<T>(gk.at(t.b, t.h, t.j), gscores, past.q.at(t.b, t.h, t.i),
          {t.columns, shape.head_size, t.rows, side, past.q.row, gk.row, true, false},
          static_cast<T>(rule.scale), T{1});
  gemm<T>(gv.at(t.b, t.h, t.j), weights, past.gout.at(t.b, t.h, t.i),
          {t.columns, shape.value_size, t.rows, side, past.gout.row, gv.row, true, false}, T{1}, T{1});
}

/// Zeros in rows [first, first + rows) of one head.
template <Real T>
void clear(HeadsView<T> x, index_t b, index_t h, index_t first, index_t rows, index_t size) {
  for (index_t t = first; t < first + rows; ++t) std::fill_n(x.at(b, h, t), size, T{0});
}

/// Calls body(b, h, tile) for each of `count` tiles of each head.
template <class Body>
void for_tiles(const AttentionShape& shape, index_t count, Body body) {
  parallel_for(shape.batch * shape.heads * count, 1, [&](index_t begin, index_t end) {
    for (index_t unit = begin; unit < end; ++unit)
      body(unit / count / shape.heads, unit / count % shape.heads, unit % count);
  });
}

constexpr index_t enough_heads = 16;  // to keep threads busy with a head each

}  // namespace

template <Real T>
void attention(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
               HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule) {
  for_tiles(shape, tiles(shape.queries), [&](index_t b, index_t h, index_t tile) {
    const index_t i = tile * side;
    attend(out, logsumexp, q, k, v, {b, h, i, std::min(side, shape.queries - i), 0, 0}, shape, rule);
  });
}

// With many heads each runs on its own, and a tile's scores serve all three gradients. With few, tiles of
// keys run in parallel, then tiles of queries, and scores are computed twice.
template <Real T>
void attention_grad(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, HeadsView<const T> gout,
                    HeadsView<const T> out, const T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                    HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule) {
  const Past<T> past{gout, out, logsumexp, q, k, v};
  const auto tile_at = [&](index_t b, index_t h, index_t query_tile, index_t key_tile) {
    const index_t i = query_tile * side, j = key_tile * side;
    return Tile{b, h, i, std::min(side, shape.queries - i), j, std::min(side, shape.keys - j)};
  };
  const index_t query_tiles = tiles(shape.queries);
  if (shape.batch * shape.heads >= enough_heads) {
    for_tiles(shape, 1, [&](index_t b, index_t h, index_t) {
      clear(gq, b, h, 0, shape.queries, shape.head_size);
      clear(gk, b, h, 0, shape.keys, shape.head_size);
      clear(gv, b, h, 0, shape.keys, shape.value_size);
      T weights[side * side], gscores[side * side];
      for (index_t query_tile = 0; query_tile < query_tiles; ++query_tile)
        for (index_t key_tile = 0; key_tile < key_tiles(shape, rule, query_tile * side); ++key_tile) {
          const Tile t = tile_at(b, h, query_tile, key_tile);
          tile_grad(weights, gscores, past, t, shape, rule);
          add_gq(gq, gscores, past, t, shape, rule);
          add_gk_gv(gk, gv, weights, gscores, past, t, shape, rule);
        }
    });
    return;
  }
  for_tiles(shape, tiles(shape.keys), [&](index_t b, index_t h, index_t key_tile) {
    const Tile keys = tile_at(b, h, 0, key_tile);
    clear(gk, b, h, keys.j, keys.columns, shape.head_size);
    clear(gv, b, h, keys.j, keys.columns, shape.value_size);
    T weights[side * side], gscores[side * side];
    for (index_t query_tile = first_query_tile(rule, key_tile * side); query_tile < query_tiles;
         ++query_tile) {
      const Tile t = tile_at(b, h, query_tile, key_tile);
      tile_grad(weights, gscores, past, t, shape, rule);
      add_gk_gv(gk, gv, weights, gscores, past, t, shape, rule);
    }
  });
  for_tiles(shape, query_tiles, [&](index_t b, index_t h, index_t query_tile) {
    const Tile queries = tile_at(b, h, query_tile, 0);
    clear(gq, b, h, queries.i, queries.rows, shape.head_size);
    T weights[side * side], gscores[side * side];
    for (index_t key_tile = 0; key_tile < key_tiles(shape, rule, query_tile * side); ++key_tile) {
      const Tile t = tile_at(b, h, query_tile, key_tile);
      tile_grad(weights, gscores, past, t, shape, rule);
      add_gq(gq, gscores, past, t, shape, rule);
    }
  });
}

namespace {

/// The weights of one row before dropout, and its log-sum-exp.
template <Real T>
T naive_row(T* weights, HeadsView<const T> q, HeadsView<const T> k, index_t b, index_t h, index_t i,
            const AttentionShape& shape, const AttentionRule& rule) {
  const KeepView& keep = rule.keep;
  T top = -infinity<T>;
  for (index_t j = 0; j < shape.keys; ++j) {
    T score = 0;
    for (index_t d = 0; d < shape.head_size; ++d) score += q.at(b, h, i)[d] * k.at(b, h, j)[d];
    const bool seen =
        (!rule.causal || j <= i) &&
        (!keep.data || keep.data[b * keep.batch + h * keep.head + i * keep.row + j * keep.column]);
    weights[j] = seen ? score * static_cast<T>(rule.scale) : -infinity<T>;
    top = std::max(top, weights[j]);
  }
  T total = 0;
  for (index_t j = 0; j < shape.keys; ++j) total += weights[j] = std::exp(weights[j] - finite(top));
  for (index_t j = 0; j < shape.keys; ++j) weights[j] = total == 0 ? 0 : weights[j] / total;
  return top + std::log(total);
}

/// The factor of dropout for one weight.
template <Real T>
T naive_factor(index_t b, index_t h, index_t i, index_t j, const AttentionShape& shape,
               const AttentionRule& rule) {
  if (rule.dropout == 0) return 1;
  const index_t flat = ((b * shape.heads + h) * shape.queries + i) * shape.keys + j;
  std::uint32_t number;
  philox_uint32(&number, rule.first + static_cast<std::uint64_t>(flat), 1, rule.seed);
  return number >= dropout_threshold(rule.dropout) ? static_cast<T>(1 / (1 - rule.dropout)) : T{0};
}

}  // namespace

template <Real T>
void attention_naive(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                     HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule) {
  std::vector<T> weights(static_cast<std::size_t>(shape.keys));
  for (index_t b = 0; b < shape.batch; ++b)
    for (index_t h = 0; h < shape.heads; ++h)
      for (index_t i = 0; i < shape.queries; ++i) {
        *logsumexp++ = naive_row(weights.data(), q, k, b, h, i, shape, rule);
        T* y = out.at(b, h, i);
        std::fill_n(y, shape.value_size, T{0});
        for (index_t j = 0; j < shape.keys; ++j) {
          const T weight = weights[static_cast<std::size_t>(j)] * naive_factor<T>(b, h, i, j, shape, rule);
          for (index_t d = 0; d < shape.value_size; ++d) y[d] += weight * v.at(b, h, j)[d];
        }
      }
}

template <Real T>
void attention_grad_naive(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, HeadsView<const T> gout,
                          HeadsView<const T> q, HeadsView<const T> k, HeadsView<const T> v,
                          const AttentionShape& shape, const AttentionRule& rule) {
  const auto keys = static_cast<std::size_t>(shape.keys);
  std::vector<T> p(keys), gp(keys);
  for (index_t b = 0; b < shape.batch; ++b)
    for (index_t h = 0; h < shape.heads; ++h) {
      clear(gq, b, h, 0, shape.queries, shape.head_size);
      clear(gk, b, h, 0, shape.keys, shape.head_size);
      clear(gv, b, h, 0, shape.keys, shape.value_size);
      for (index_t i = 0; i < shape.queries; ++i) {
        naive_row(p.data(), q, k, b, h, i, shape, rule);
        T dot = 0;  // of p and gp
        for (std::size_t s = 0; s < keys; ++s) {
          const auto j = static_cast<index_t>(s);
          const T factor = naive_factor<T>(b, h, i, j, shape, rule);
          gp[s] = 0;
          for (index_t d = 0; d < shape.value_size; ++d) {
            gp[s] += gout.at(b, h, i)[d] * v.at(b, h, j)[d] * factor;
            gv.at(b, h, j)[d] += p[s] * factor * gout.at(b, h, i)[d];
          }
          dot += p[s] * gp[s];
        }
        for (std::size_t s = 0; s < keys; ++s) {
          const auto j = static_cast<index_t>(s);
          const T gscore = p[s] * (gp[s] - dot) * static_cast<T>(rule.scale);
          for (index_t d = 0; d < shape.head_size; ++d) {
            gq.at(b, h, i)[d] += gscore * k.at(b, h, j)[d];
            gk.at(b, h, j)[d] += gscore * q.at(b, h, i)[d];
          }
        }
      }
    }
}

template void attention(HeadsView<float>, float*, HeadsView<const float>, HeadsView<const float>,
                        HeadsView<const float>, const AttentionShape&, const AttentionRule&);
template void attention(HeadsView<double>, double*, HeadsView<const double>, HeadsView<const double>,
                        HeadsView<const double>, const AttentionShape&, const AttentionRule&);
template void attention_grad(HeadsView<float>, HeadsView<float>, HeadsView<float>, HeadsView<const float>,
                             HeadsView<const float>, const float*, HeadsView<const float>,
                             HeadsView<const float>, HeadsView<const float>, const AttentionShape&,
                             const AttentionRule&);
template void attention_grad(HeadsView<double>, HeadsView<double>, HeadsView<double>, HeadsView<const double>,
                             HeadsView<const double>, const double*, HeadsView<const double>,
                             HeadsView<const double>, HeadsView<const double>, const AttentionShape&,
                             const AttentionRule&);
template void attention_naive(HeadsView<float>, float*, HeadsView<const float>, HeadsView<const float>,
                              HeadsView<const float>, const AttentionShape&, const AttentionRule&);
template void attention_naive(HeadsView<double>, double*, HeadsView<const double>, HeadsView<const double>,
                              HeadsView<const double>, const AttentionShape&, const AttentionRule&);
template void attention_grad_naive(HeadsView<float>, HeadsView<float>, HeadsView<float>,
                                   HeadsView<const float>, HeadsView<const float>, HeadsView<const float>,
                                   HeadsView<const float>, const AttentionShape&, const AttentionRule&);
template void attention_grad_naive(HeadsView<double>, HeadsView<double>, HeadsView<double>,
                                   HeadsView<const double>, HeadsView<const double>, HeadsView<const double>,
                                   HeadsView<const double>, const AttentionShape&, const AttentionRule&);

}  // namespace xtape::kernels
