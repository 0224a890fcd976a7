// Scaled dot-product attention in tiles: softmax(q k^T scale) v without ever holding all scores.
#pragma once

#include <cstdint>

#include <xtape/core/index.hpp>

namespace xtape::kernels {

/// Heads inside a larger array: element (b, h, t, d) stands at b * batch + h * head + t * row + d. So a
/// packed (B, T, 3, H, D) and a (B, H, T, D) are read and written alike.
template <class E>
struct HeadsView {
  E* data;
  index_t batch, head, row;  // strides

  E* at(index_t b, index_t h, index_t t) const { return data + b * batch + h * head + t * row; }
  operator HeadsView<const E>() const { return {data, batch, head, row}; }
};

struct AttentionShape {
  index_t batch, heads, queries, keys, head_size, value_size;
};

/// Which keys a query may see: element (b, h, i, j) at data + b * batch + h * head + i * row + j * column;
/// true keeps, strides of 0 broadcast. No data: all.
struct KeepView {
  const bool* data = nullptr;
  index_t batch = 0, head = 0, row = 0, column = 0;
};

struct AttentionRule {
  double scale = 1;
  bool causal = false;  // query i sees keys 0 to i
  KeepView keep = {};
  double dropout = 0;  // probability that a weight is dropped; the others grow by 1 / (1 - dropout)
  std::uint64_t seed = 0, first = 0;  // weight (b, h, i, j) is decided by number first + its flat index
};

/// out (B, H, Tq, Dv) = dropped(softmax(q k^T scale)) v, and for each row the logarithm of its sum of
/// exponentials, (B, H, Tq) contiguous. A row that sees nothing gives zeros and -inf. Work is cut by shape
/// alone; memory beyond the results does not grow with the shape.
template <Real T>
void attention(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
               HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule);

/// Gradients for q, k and v, overwritten, from what attention() read and made. Scores are computed anew, tile
/// by tile.
template <Real T>
void attention_grad(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, HeadsView<const T> gout,
                    HeadsView<const T> out, const T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                    HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule);

/// The same by plain loops over a whole row of scores.
template <Real T>
void attention_naive(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                     HeadsView<const T> v, const AttentionShape& shape, const AttentionRule& rule);
template <Real T>
void attention_grad_naive(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, HeadsView<const T> gout,
                          HeadsView<const T> q, HeadsView<const T> k, HeadsView<const T> v,
                          const AttentionShape& shape, const AttentionRule& rule);

}  // namespace xtape::kernels
