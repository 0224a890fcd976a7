// The gradient of attention's bias: that of the scores, a tile at a time, summed where the bias broadcasts.
#include <xtape/ops/kernels/attention.hpp>

#include <xtape/ops/kernels/attention_tile.hpp>

namespace xtape::kernels {
namespace {

struct Range {
  index_t begin, end;
};

/// What one place of the bias along an axis meets: the same place of the scores, or all where it broadcasts.
Range met(index_t stride, index_t place, index_t count) {
  return stride == 0 ? Range{0, count} : Range{place, place + 1};
}
index_t places(index_t stride, index_t count) { return stride == 0 ? 1 : count; }

template <Real T>
void clear(const ScoresView<T>& gbias, const Tile& t) {
  for (index_t r = 0; r < places(gbias.row, t.rows); ++r)
    for (index_t c = 0; c < places(gbias.column, t.columns); ++c)
      *gbias.at(t.b, t.h, t.i + r, t.j + c) = T{0};
}

/// gbias += gscores.
template <Real T>
void add(const ScoresView<T>& gbias, const T* gscores, const Tile& t) {
  for (index_t r = 0; r < t.rows; ++r) {
    T* to = gbias.at(t.b, t.h, t.i + r, t.j);
    for (index_t c = 0; c < t.columns; ++c) to[c * gbias.column] += gscores[r * tile_side + c];
  }
}

/// What one tile of the bias meets; rows and columns count tiles.
struct Block {
  Range batch, heads, rows, columns;
};

template <Real T>
void gather(const ScoresView<T>& gbias, const Block& block, const AttentionPast<T>& past,
            const AttentionShape& shape, const AttentionRule<T>& rule) {
  const auto& [batch, heads, rows, columns] = block;
  TileGrad<T> grad(shape);
  clear(gbias, tile_at(batch.begin, heads.begin, rows.begin, columns.begin, shape));
  for (index_t b = batch.begin; b < batch.end; ++b)
    for (index_t h = heads.begin; h < heads.end; ++h)
      for (index_t i = rows.begin; i < rows.end; ++i) {
        const index_t end = std::min(columns.end, key_tiles(shape, rule.causal, i));
        for (index_t j = columns.begin; j < end; ++j)
          for_grads(grad, past, tile_at(b, h, i, j, shape), shape, rule,
                    [&](const Tile& part) { add(gbias, grad.gscores, part); });
      }
}

}  // namespace

// Each tile of the bias gathers all that it meets, so that no two units write to one place.
template <Real T>
void attention_bias_grad(ScoresView<T> gbias, const AttentionPast<T>& past, const AttentionShape& shape,
                         const AttentionRule<T>& rule) {
  const index_t query_tiles = tiles(shape.queries), key_tiles = tiles(shape.keys);
  const index_t rows = places(gbias.row, query_tiles), columns = places(gbias.column, key_tiles);
  for_tiles(places(gbias.batch, shape.batch), places(gbias.head, shape.heads), rows * columns,
            [&](index_t b, index_t h, index_t tile) {
              gather(
                  gbias,
                  {met(gbias.batch, b, shape.batch), met(gbias.head, h, shape.heads),
                   met(gbias.row, tile / columns, query_tiles), met(gbias.column, tile % columns, key_tiles)},
                  past, shape, rule);
            });
}

template void attention_bias_grad(ScoresView<float>, const AttentionPast<float>&, const AttentionShape&,
                                  const AttentionRule<float>&);
template void attention_bias_grad(ScoresView<double>, const AttentionPast<double>&, const AttentionShape&,
                                  const AttentionRule<double>&);

}  // namespace xtape::kernels
