// Attention in tiles of 64 queries by 64 keys, with a running maximum and sum for each row (Milakov and
// Gimelshein, "Online normalizer calculation for softmax", 2018).
#include <xtape/ops/kernels/attention.hpp>

#include <cmath>

#include <xtape/ops/kernels/attention_tile.hpp>

namespace xtape::kernels {
namespace {

template <Real T>
void scale_row(T* row, index_t n, T factor) {
  for (index_t i = 0; i < n; ++i) row[i] *= factor;
}

/// Some rows of the result on their way, and the sums of their exponentials so far: both in units of
/// exp(top).
template <Real T>
struct Rows {
  T *y, *top, *total;
  index_t row;  // from one y to the next

  Rows from(index_t r) const { return {y + r * row, top + r, total + r, row}; }
};

/// Lets the rows of a part see its keys.
template <Real T>
void attend(const Rows<T>& rows, T* scores, HeadsView<const T> q, Turned<T>& keys, HeadsView<const T> v,
            const Tile& part, const AttentionShape& shape, const AttentionRule<T>& rule) {
  T factors[tile_side];
  score(scores, q, keys, part, rule);
  for (index_t r = 0; r < part.rows; ++r) {
    T* row = scores + r * tile_side;
    const T before = rows.top[r];
    const T top = std::max(
        before, reduce_batches<T>(part.columns, -infinity<T>, Larger{},
                                  [&](index_t i, auto some) { return load(row + i, some, -infinity<T>); }));
    const T shrink = std::exp(before - finite(top));  // 0 before the first key
    rows.top[r] = top;
    rows.total[r] = rows.total[r] * shrink + exponentials(row, part.columns, finite(top));
    if (part.j > 0) scale_row(rows.y + r * rows.row, shape.value_size, shrink);
    if (rule.dropout.p() > 0) {
      drop_factors(factors, r, part, shape, rule);
      multiply_row(row, factors, part.columns);
    }
  }
  gemm<T>(rows.y, scores, v.at(part.b, part.h / shape.group, part.j),
          {part.rows, shape.value_size, part.columns, tile_side, v.row, rows.row}, T{1}, T{1});
}

/// One tile of queries against all keys that it sees.
template <Real T>
void attend_all(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                HeadsView<const T> v, const Tile& queries, const AttentionShape& shape,
                const AttentionRule<T>& rule) {
  T scores[tile_side * tile_side], top[tile_side], total[tile_side];
  std::fill_n(top, queries.rows, -infinity<T>);
  std::fill_n(total, queries.rows, T{0});
  const Rows<T> rows{out.at(queries.b, queries.h, queries.i), top, total, out.row};
  for (index_t r = 0; r < queries.rows; ++r) std::fill_n(rows.y + r * out.row, shape.value_size, T{0});

  const index_t query_tile = queries.i / tile_side;
  Turned<T> keys(shape.head_size);
  for (index_t key_tile = 0; key_tile < key_tiles(shape, rule.causal, query_tile); ++key_tile) {
    const Tile tile = tile_at(queries.b, queries.h, query_tile, key_tile, shape);
    keys.turn(k, tile, shape);
    for_seen(tile, rule.causal, [&](const Tile& part) {
      attend(rows.from(part.i - queries.i), scores, q, keys, v, part, shape, rule);
    });
  }
  for (index_t r = 0; r < queries.rows; ++r) {
    scale_row(rows.y + r * out.row, shape.value_size, total[r] == 0 ? T{0} : 1 / total[r]);
    logsumexp[(queries.b * shape.heads + queries.h) * shape.queries + queries.i + r] =
        top[r] + std::log(total[r]);
  }
}

}  // namespace

template <Real T>
void attention(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
               HeadsView<const T> v, const AttentionShape& shape, const AttentionRule<T>& rule) {
  for_tiles(shape.batch, shape.heads, tiles(shape.queries), [&](index_t b, index_t h, index_t tile) {
    attend_all(out, logsumexp, q, k, v, tile_at(b, h, tile, 0, shape), shape, rule);
  });
}

template void attention(HeadsView<float>, float*, HeadsView<const float>, HeadsView<const float>,
                        HeadsView<const float>, const AttentionShape&, const AttentionRule<float>&);
template void attention(HeadsView<double>, double*, HeadsView<const double>, HeadsView<const double>,
                        HeadsView<const double>, const AttentionShape&, const AttentionRule<double>&);

}  // namespace xtape::kernels
