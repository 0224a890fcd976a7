// Gradients of attention: the scores of a tile are computed anew from the row's log-sum-exp (Dao et al.,
// "FlashAttention", 2022).
#include <xtape/ops/kernels/attention.hpp>

#include <xtape/ops/kernels/attention_tile.hpp>

namespace xtape::kernels {
namespace {

/// The gradients that are wanted, and what they are made of.
template <Real T>
struct Gradients {
  HeadsView<T> gq, gk, gv;
  const AttentionPast<T>& past;
  const AttentionShape& shape;
  const AttentionRule<T>& rule;
};

/// gq += gscores k scale.
template <Real T>
void add_gq(const Gradients<T>& to, const TileGrad<T>& from, const Tile& t) {
  const auto& [b, h, i, rows, j, columns] = t;
  const auto& k = to.past.k;
  gemm<T>(to.gq.at(b, h, i), from.gscores, k.at(b, h / to.shape.group, j),
          {rows, to.shape.head_size, columns, tile_side, k.row, to.gq.row}, static_cast<T>(to.rule.scale),
          T{1});
}

/// gk += gscores^T q scale, gv += weights^T gout.
template <Real T>
void add_gk_gv(const Gradients<T>& to, const TileGrad<T>& from, const Tile& t) {
  const auto& [b, h, i, rows, j, columns] = t;
  const auto &q = to.past.q, &gout = to.past.gout;
  const index_t shared = h / to.shape.group;
  if (to.gk.data)
    gemm<T>(to.gk.at(b, shared, j), from.gscores, q.at(b, h, i),
            {columns, to.shape.head_size, rows, tile_side, q.row, to.gk.row, true, false},
            static_cast<T>(to.rule.scale), T{1});
  if (to.gv.data)
    gemm<T>(to.gv.at(b, shared, j), from.weights, gout.at(b, h, i),
            {columns, to.shape.value_size, rows, tile_side, gout.row, to.gv.row, true, false}, T{1}, T{1});
}

/// Zeros in rows [first, first + rows) of one head, where there is one.
template <Real T>
void clear(HeadsView<T> x, index_t b, index_t h, index_t first, index_t rows, index_t size) {
  if (!x.data) return;
  for (index_t t = first; t < first + rows; ++t) std::fill_n(x.at(b, h, t), size, T{0});
}

/// All gradients of the heads that share head `shared` of keys and values: a tile's scores serve all three.
template <Real T>
void head_grad(const Gradients<T>& to, index_t b, index_t shared) {
  const auto& shape = to.shape;
  TileGrad<T> tile(shape);
  clear(to.gk, b, shared, 0, shape.keys, shape.head_size);
  clear(to.gv, b, shared, 0, shape.keys, shape.value_size);
  for (index_t h = shared * shape.group; h < (shared + 1) * shape.group; ++h) {
    clear(to.gq, b, h, 0, shape.queries, shape.head_size);
    for (index_t query_tile = 0; query_tile < tiles(shape.queries); ++query_tile)
      for (index_t key_tile = 0; key_tile < key_tiles(shape, to.rule.causal, query_tile); ++key_tile)
        for_grads(tile, to.past, tile_at(b, h, query_tile, key_tile, shape), shape, to.rule,
                  [&](const Tile& part) {
                    if (to.gq.data) add_gq(to, tile, part);
                    add_gk_gv(to, tile, part);
                  });
  }
}

/// The gradients of one tile of keys and values.
template <Real T>
void keys_grad(const Gradients<T>& to, index_t b, index_t shared, index_t key_tile) {
  const auto& shape = to.shape;
  TileGrad<T> tile(shape);
  const Tile keys = tile_at(b, shared, 0, key_tile, shape);
  clear(to.gk, b, shared, keys.j, keys.columns, shape.head_size);
  clear(to.gv, b, shared, keys.j, keys.columns, shape.value_size);
  for (index_t h = shared * shape.group; h < (shared + 1) * shape.group; ++h)
    for (index_t query_tile = first_query_tile(to.rule.causal, key_tile); query_tile < tiles(shape.queries);
         ++query_tile)
      for_grads(tile, to.past, tile_at(b, h, query_tile, key_tile, shape), shape, to.rule,
                [&](const Tile& part) { add_gk_gv(to, tile, part); });
}

/// The gradient of one tile of queries.
template <Real T>
void queries_grad(const Gradients<T>& to, index_t b, index_t h, index_t query_tile) {
  const auto& shape = to.shape;
  TileGrad<T> tile(shape);
  const Tile queries = tile_at(b, h, query_tile, 0, shape);
  clear(to.gq, b, h, queries.i, queries.rows, shape.head_size);
  for (index_t key_tile = 0; key_tile < key_tiles(shape, to.rule.causal, query_tile); ++key_tile)
    for_grads(tile, to.past, tile_at(b, h, query_tile, key_tile, shape), shape, to.rule,
              [&](const Tile& part) { add_gq(to, tile, part); });
}

constexpr index_t enough_heads = 16;  // to keep threads busy with a head each

}  // namespace

// With many heads each runs on its own. With few, tiles of keys run in parallel, then tiles of queries, and
// scores are computed twice.
template <Real T>
void attention_grad(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, const AttentionPast<T>& past,
                    const AttentionShape& shape, const AttentionRule<T>& rule) {
  const Gradients<T> to{gq, gk, gv, past, shape, rule};
  const index_t shared_heads = shape.heads / shape.group;
  if (shape.batch * shared_heads >= enough_heads)
    return for_tiles(shape.batch, shared_heads, 1,
                     [&](index_t b, index_t shared, index_t) { head_grad(to, b, shared); });
  if (gk.data || gv.data)
    for_tiles(shape.batch, shared_heads, tiles(shape.keys),
              [&](index_t b, index_t shared, index_t key_tile) { keys_grad(to, b, shared, key_tile); });
  if (gq.data)
    for_tiles(shape.batch, shape.heads, tiles(shape.queries),
              [&](index_t b, index_t h, index_t query_tile) { queries_grad(to, b, h, query_tile); });
}

template void attention_grad(HeadsView<float>, HeadsView<float>, HeadsView<float>,
                             const AttentionPast<float>&, const AttentionShape&, const AttentionRule<float>&);
template void attention_grad(HeadsView<double>, HeadsView<double>, HeadsView<double>,
                             const AttentionPast<double>&, const AttentionShape&,
                             const AttentionRule<double>&);

}  // namespace xtape::kernels
