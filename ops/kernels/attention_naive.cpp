// Attention by plain loops.
#include <cmath>
#include <vector>

#include <xtape/ops/kernels/attention.hpp>
#include <xtape/ops/kernels/simd.hpp>

namespace xtape::kernels {
namespace {

/// The weights of one row before dropout, and its log-sum-exp.
template <Real T>
T row_weights(T* weights, HeadsView<const T> q, HeadsView<const T> k, index_t b, index_t h, index_t i,
              const AttentionShape& shape, const AttentionRule<T>& rule) {
  T top = -infinity<T>;
  for (index_t j = 0; j < shape.keys; ++j) {
    T score = 0;
    for (index_t d = 0; d < shape.head_size; ++d) score += q.at(b, h, i)[d] * k.at(b, h / shape.group, j)[d];
    score *= static_cast<T>(rule.scale);
    if (rule.bias.data) score += *rule.bias.at(b, h, i, j);
    const bool seen = (!rule.causal || j <= i) && (!rule.keep.data || *rule.keep.at(b, h, i, j));
    weights[j] = seen ? score : -infinity<T>;
    top = std::max(top, weights[j]);
  }
  if (top == -infinity<T>) top = 0;
  T total = 0;
  for (index_t j = 0; j < shape.keys; ++j) total += weights[j] = std::exp(weights[j] - top);
  for (index_t j = 0; j < shape.keys; ++j) weights[j] = total == 0 ? 0 : weights[j] / total;
  return top + std::log(total);
}

/// The factor of dropout for one weight.
template <Real T>
T drop_factor(index_t b, index_t h, index_t i, index_t j, const AttentionShape& shape,
              const AttentionRule<T>& rule) {
  if (rule.dropout.p() == 0) return 1;
  const index_t flat = ((b * shape.heads + h) * shape.queries + i) * shape.keys + j;
  return rule.dropout.keeps_naive(flat) ? static_cast<T>(rule.dropout.scale()) : T{0};
}

template <Real T>
void clear(HeadsView<T> x, index_t batch, index_t heads, index_t rows, index_t size) {
  for (index_t b = 0; b < batch; ++b)
    for (index_t h = 0; h < heads; ++h)
      for (index_t t = 0; t < rows; ++t) std::fill_n(x.at(b, h, t), size, T{0});
}

}  // namespace

template <Real T>
void attention_naive(HeadsView<T> out, T* logsumexp, HeadsView<const T> q, HeadsView<const T> k,
                     HeadsView<const T> v, const AttentionShape& shape, const AttentionRule<T>& rule) {
  std::vector<T> weights(static_cast<std::size_t>(shape.keys));
  clear(out, shape.batch, shape.heads, shape.queries, shape.value_size);
  for (index_t b = 0; b < shape.batch; ++b)
    for (index_t h = 0; h < shape.heads; ++h)
      for (index_t i = 0; i < shape.queries; ++i) {
        *logsumexp++ = row_weights(weights.data(), q, k, b, h, i, shape, rule);
        T* y = out.at(b, h, i);
        for (index_t j = 0; j < shape.keys; ++j) {
          const T weight = weights[static_cast<std::size_t>(j)] * drop_factor(b, h, i, j, shape, rule);
          for (index_t d = 0; d < shape.value_size; ++d) y[d] += weight * v.at(b, h / shape.group, j)[d];
        }
      }
}

template <Real T>
void attention_grad_naive(HeadsView<T> gq, HeadsView<T> gk, HeadsView<T> gv, ScoresView<T> gbias,
                          const AttentionPast<T>& past, const AttentionShape& shape,
                          const AttentionRule<T>& rule) {
  const auto& [gout, out, logsumexp, q, k, v] = past;
  const index_t shared_heads = shape.heads / shape.group;
  clear(gq, shape.batch, shape.heads, shape.queries, shape.head_size);
  clear(gk, shape.batch, shared_heads, shape.keys, shape.head_size);
  clear(gv, shape.batch, shared_heads, shape.keys, shape.value_size);
  const auto keys = static_cast<std::size_t>(shape.keys);
  std::vector<T> p(keys), gp(keys);
  for (index_t b = 0; b < shape.batch; ++b)
    for (index_t h = 0; h < shape.heads; ++h)
      for (index_t i = 0; i < shape.queries; ++i) {
        const index_t shared = h / shape.group;
        row_weights(p.data(), q, k, b, h, i, shape, rule);
        T dot = 0;  // of p and gp
        for (std::size_t s = 0; s < keys; ++s) {
          const auto j = static_cast<index_t>(s);
          const T factor = drop_factor(b, h, i, j, shape, rule);
          gp[s] = 0;
          for (index_t d = 0; d < shape.value_size; ++d) {
            gp[s] += gout.at(b, h, i)[d] * v.at(b, shared, j)[d] * factor;
            gv.at(b, shared, j)[d] += p[s] * factor * gout.at(b, h, i)[d];
          }
          dot += p[s] * gp[s];
        }
        for (std::size_t s = 0; s < keys; ++s) {
          const auto j = static_cast<index_t>(s);
          const T gscore = p[s] * (gp[s] - dot);
          if (gbias.data) *gbias.at(b, h, i, j) += gscore;
          for (index_t d = 0; d < shape.head_size; ++d) {
            gq.at(b, h, i)[d] += gscore * static_cast<T>(rule.scale) * k.at(b, shared, j)[d];
            gk.at(b, shared, j)[d] += gscore * static_cast<T>(rule.scale) * q.at(b, h, i)[d];
          }
        }
      }
}

template void attention_naive(HeadsView<float>, float*, HeadsView<const float>, HeadsView<const float>,
                              HeadsView<const float>, const AttentionShape&, const AttentionRule<float>&);
template void attention_naive(HeadsView<double>, double*, HeadsView<const double>, HeadsView<const double>,
                              HeadsView<const double>, const AttentionShape&, const AttentionRule<double>&);
template void attention_grad_naive(HeadsView<float>, HeadsView<float>, HeadsView<float>, ScoresView<float>,
                                   const AttentionPast<float>&, const AttentionShape&,
                                   const AttentionRule<float>&);
template void attention_grad_naive(HeadsView<double>, HeadsView<double>, HeadsView<double>,
                                   ScoresView<double>, const AttentionPast<double>&, const AttentionShape&,
                                   const AttentionRule<double>&);

}  // namespace xtape::kernels
