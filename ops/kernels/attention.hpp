// Scaled dot-product attention in tiles: softmax(q k^T scale + bias) v without ever holding all scores.
#pragma once

#include <xtape/core/index.hpp>
#include <xtape/ops/kernels/dropout_mask.hpp>

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

/// `group` neighbouring heads of queries share one head of keys and one of values.
struct AttentionShape {
  index_t batch, heads, queries, keys, head_size, value_size, group = 1;
};

/// Something for each score: element (b, h, i, j) at data + b * batch + h * head + i * row + j * column;
/// strides of 0 broadcast.
template <class E>
struct ScoresView {
  E* data = nullptr;
  index_t batch = 0, head = 0, row = 0, column = 0;

  E* at(index_t b, index_t h, index_t i, index_t j) const {
    return data + b * batch + h * head + i * row + j * column;
  }
};

template <Real T>
struct AttentionRule {
  double scale = 1;
  bool causal = false;               // query i sees keys 0 to i
  ScoresView<const bool> keep = {};  // true where a query sees a key; no data: all
  ScoresView<const T> bias = {};     // added to the scores; no data: nothing
  DropoutMask dropout = {};          // of all weights (b, h, i, j)
};

/// out (B, H, Tq, Dv) = dropped(softmax(q k^T scale + bias)) v, and for each row the logarithm of its sum of
/// exponentials, (B, H, Tq) contiguous. A row that sees nothing, or of which all scores are -inf, gives zeros
/// and -inf. Work is cut by shape alone; memory beyond the results does not grow with the shape.
template <Real T>
void attention(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
               HeadsView<const T> v, const AttentionShape& shape, const AttentionRule<T>& rule);

/// What attention() read and made, and the gradient of its result.
template <Real T>
struct AttentionPast {
  HeadsView<const T> gout, out;
  const T* logsumexp;
  HeadsView<const T> q, k, v;
};

/// Gradients for q, k and v, overwritten; without data, left out. Scores are computed anew, tile by tile.
template <Real T>
void attention_grad(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, const AttentionPast<T>& past,
                    const AttentionShape& shape, const AttentionRule<T>& rule);

/// The gradient for the bias, overwritten: that of the scores, summed along gbias's strides of 0.
template <Real T>
void attention_bias_grad(ScoresView<T> gbias, const AttentionPast<T>& past, const AttentionShape& shape,
                         const AttentionRule<T>& rule);

/// The same by plain loops over a whole row of scores.
template <Real T>
void attention_naive(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                     HeadsView<const T> v, const AttentionShape& shape, const AttentionRule<T>& rule);
/// All four gradients; gbias, where it has data, is added to.
template <Real T>
void attention_grad_naive(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, ScoresView<T> gbias,
                          const AttentionPast<T>& past, const AttentionShape& shape,
                          const AttentionRule<T>& rule);

}  // namespace xtape::kernels
