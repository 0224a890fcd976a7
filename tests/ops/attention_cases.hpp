// Attention for tests: reproducible inputs and rules, the op and its composed form as functions of the
// inputs.
#pragma once

#include <vector>

#include <xtape/ops/attention.hpp>
#include <xtape/ops/composed_impl.hpp>

#include "tests/support/fused.hpp"

namespace xtape::test {

using Inputs = std::vector<Tensor64>;
using Options = AttentionOptions<double>;

inline Mask random_mask(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return bernoulli(0.6, shape, generator);
}

/// Calls f(options) with a generator that draws the same numbers at each call.
template <class F>
Tensor64 with_same_numbers(Options options, F f) {
  Generator generator(17);
  options.generator = &generator;
  return f(options);
}

/// Attention of {q, k, v} or {q, k, v, bias} that drops the same weights at each call.
inline auto attention_with(const Options& options) {
  return [options](const Inputs& x) {
    return with_same_numbers(options, [&](Options own) {
      if (x.size() > 3) own.bias = x[3];
      return scaled_dot_product_attention(x[0], x[1], x[2], own);
    });
  };
}

/// The composed form of the same, for heads of one number.
inline Tensor64 composed_with(const Options& options, const Inputs& x) {
  return with_same_numbers(options, [&](const Options& own) {
    Shape scores = x[0].shape();
    scores.back() = x[1].shape(-2);
    const auto rule = make_rule(attention_op, own, scores, x[0].shape(-1), {});
    return composed::attention(x[0], x[1], x[2], x.size() > 3 ? x[3] : Tensor64(), rule);
  });
}

/// q, k and v of (leading..., T, D).
inline Inputs heads(const Shape& leading, index_t queries, index_t keys, index_t head_size,
                    index_t value_size) {
  const auto make = [&](index_t rows, index_t columns, std::uint64_t seed) {
    Shape shape = leading;
    shape.push_back(rows);
    shape.push_back(columns);
    return random(shape, seed);
  };
  return {make(queries, head_size, 1), make(keys, head_size, 2), make(keys, value_size, 3)};
}

/// Every rule, for scores of (2, 3, queries, keys).
inline std::vector<Options> rules(index_t queries, index_t keys) {
  return {{},
          {.causal = true},
          {.keep = random_mask({2, 3, queries, keys}, 4)},
          {.causal = true, .keep = random_mask({2, 1, 1, keys}, 5), .scale = 0.25},
          {.dropout = 0.4},
          {.causal = true, .keep = random_mask({queries, keys}, 6), .dropout = 0.2, .scale = 2}};
}

}  // namespace xtape::test
