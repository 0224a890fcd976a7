// Lesson 3: one head of attention by hand. Words of a sentence ask, answer, and mix what they find: first for
// one word, one number at a time, then for all words at once.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace xtape;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(4);

  // A sentence, and a vector of C numbers for each of its words.
  const std::vector<std::string> words = {"the", "old", "man", "rang", "the", "bell"};
  const Indices ids = {0, 1, 2, 3, 0, 4};
  const index_t T = ids.size(), V = 5, C = 16, D = 8;
  const nn::Embedding embedding(V, C, generator);
  const Tensor x = embedding(ids);  // (T, C)

  // Three matrices make of each word what it asks for, what it offers, and what it hands over.
  const double keep_size = 1 / std::sqrt(C);  // or sums of C products would be larger than their terms
  const Tensor w_q = randn({C, D}, generator) * keep_size;
  const Tensor w_k = randn({C, D}, generator) * keep_size;
  const Tensor w_v = randn({C, D}, generator) * keep_size;
  const Tensor q = matmul(x, w_q);  // (T, D) queries
  const Tensor k = matmul(x, w_k);  // (T, D) keys
  const Tensor v = matmul(x, w_v);  // (T, D) values

  // The first word: how well its query fits each key.
  std::vector<Tensor> one_by_one;
  for (index_t t = 0; t < T; ++t) one_by_one.push_back(dot(view(q, 0), view(k, t)));  // ()
  const Tensor first_scores = stack(one_by_one) / std::sqrt(D);                       // (T,)
  const Tensor first_weights = softmax(first_scores);                                 // (T,)

  // What it takes home: the values, each as much as its key fits.
  Tensor first_y = zeros({D});
  for (index_t t = 0; t < T; ++t) first_y += view(first_weights, t) * view(v, t);  // (D,)

  fmt::print("the first word asks    score  weight\n");
  for (index_t t = 0; t < T; ++t)
    fmt::print("{:>19}   {:6.3f}  {:6.3f}\n", words[t], first_scores.at({t}), first_weights.at({t}));

  // All words at once: the same sums as products of matrices.
  const Tensor scores = matmul(q, k, {.transpose_b = true}) / std::sqrt(D);  // (T, T)
  const Tensor weights = softmax(scores);                                    // (T, T)
  const Tensor y = matmul(weights, v);                                       // (T, D)

  // And in one call, which never holds the (T, T) weights as a whole.
  const Tensor fused = scaled_dot_product_attention(q, k, v);  // (T, D)

  // Reading the past only: the mask of lesson 1, now over scores that come from the words.
  const double hidden = -std::numeric_limits<double>::infinity();
  const Tensor past_weights = softmax(masked_fill(scores, triu_mask(T, T, 1), hidden));  // (T, T)
  const Tensor past_y = matmul(past_weights, v);                                         // (T, D)
  const Tensor past_fused = scaled_dot_product_attention(q, k, v, {.causal = true});     // (T, D)

  // Queries of zero ask for nothing in particular, and get the mean of lesson 1.
  const Tensor indifferent = scaled_dot_product_attention(zeros_like(q), k, v, {.causal = true});  // (T, D)
  const Tensor running_mean = cumsum(v, 0) / cumsum(ones({T, 1}), 0);                              // (T, D)

  fmt::print("\n");
  lesson.claim("first scores, one by one and at once", largest_difference(first_scores, view(scores, 0)),
               at_most(1e-6));
  lesson.claim("first result, one by one and at once", largest_difference(first_y, view(y, 0)),
               at_most(1e-6));
  lesson.claim("by hand and in one call", largest_difference(y, fused), at_most(1e-6));
  lesson.claim("the past, by hand and in one call", largest_difference(past_y, past_fused), at_most(1e-6));
  lesson.claim("queries of zero and the running mean", largest_difference(indifferent, running_mean),
               at_most(1e-6));
  lesson.claim("\"the\" and \"the\" get the same", largest_difference(view(y, 0), view(y, 4)), at_most(1e-6));

  lesson.picture("03_weights", plot::heat_map({.title = "What each word reads",
                                               .x_label = "word that is read",
                                               .y_label = "word that reads",
                                               .columns = words,
                                               .rows = words,
                                               .names = {"all words", "the past only"},
                                               .numbers = true},
                                              stack({weights, past_weights})));
  return lesson.result();
}
