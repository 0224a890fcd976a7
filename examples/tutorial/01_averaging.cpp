// Lesson 1: every position of a sequence becomes the mean of itself and what came before it, in three ways.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <limits>
#include <vector>

using namespace xtape;

namespace {

/// One mean for each sequence b and each position t.
Tensor average_by_loops(const Tensor& x) {
  const index_t B = x.shape(0), T = x.shape(1);
  std::vector<Tensor> means;
  for (index_t b = 0; b < B; ++b)
    for (index_t t = 0; t < T; ++t) {
      const Tensor past = view(x, b, xt::range(0, t + 1));  // (t + 1, C)
      means.push_back(mean(past, 0));                       // (C,)
    }
  return reshape(stack(means), x.shape());  // (B, T, C)
}

/// Row t has 1 / (t + 1) in columns 0 to t, and zeros behind.
Tensor averaging_weights(index_t T) {
  const Tensor lower = tril(ones({T, T}));            // (T, T)
  return lower / sum(lower, 1, {.keep_dims = true});  // (T, T), divided by (T, 1)
}

/// The same rows from scores: 0 for what is seen, -inf for what is hidden.
Tensor softmax_weights(index_t T) {
  const Mask future = triu_mask(T, T, 1);  // (T, T), true above the diagonal
  const double hidden = -std::numeric_limits<double>::infinity();
  const Tensor scores = masked_fill(zeros({T, T}), future, hidden);  // (T, T)
  return softmax(scores);                                            // (T, T), every row adds up to 1
}

Tensor average_by_product(const Tensor& x) {
  const Tensor weights = averaging_weights(x.shape(1));  // (T, T)
  return matmul(weights, x);                             // (B, T, C), one product for each sequence
}

Tensor average_by_softmax(const Tensor& x) {
  const Tensor weights = softmax_weights(x.shape(1));  // (T, T)
  return matmul(weights, x);                           // (B, T, C)
}

double largest_difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }

/// The fastest of several runs, in milliseconds.
double milliseconds(Tensor (*average)(const Tensor&), const Tensor& x) {
  double fastest = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    average(x);
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    fastest = std::min(fastest, taken.count());
  }
  return fastest;
}

void compare(Lesson& lesson, const Tensor& x) {
  const Tensor y = average_by_loops(x);  // (B, T, C)
  lesson.claim("largest difference, product", largest_difference(y, average_by_product(x)), at_most(1e-6));
  lesson.claim("largest difference, softmax", largest_difference(y, average_by_softmax(x)), at_most(1e-6));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);

  const Tensor x = randn({4, 8, 2}, generator);  // (B, T, C)
  std::cout << "the first sequence:\n" << view(x, 0) << "\n\n";
  std::cout << "its running mean:\n" << view(average_by_loops(x), 0) << "\n\n";
  std::cout << "the weights that give it as one product:\n" << averaging_weights(8) << "\n\n";

  fmt::print("x {}\n", to_string(x.shape()));
  compare(lesson, x);

  const Tensor large = randn({16, lesson.is_short() ? 64 : 256, 64}, generator);  // (B, T, C)
  fmt::print("\nx {}\n", to_string(large.shape()));
  compare(lesson, large);
  fmt::print("loops    {:8.2f} ms\n", milliseconds(average_by_loops, large));
  fmt::print("product  {:8.2f} ms\n", milliseconds(average_by_product, large));
  fmt::print("softmax  {:8.2f} ms\n", milliseconds(average_by_softmax, large));

  lesson.picture("01_weights", plot::heat_map({.title = "How much each position takes of each",
                                               .x_label = "position that is read",
                                               .y_label = "position that reads",
                                               .numbers = true},
                                              averaging_weights(8)));
  return lesson.result();
}
