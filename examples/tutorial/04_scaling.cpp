// Lesson 4: why the scores of attention are divided by sqrt(d): without it they grow with d, the softmax of
// large scores is all or nothing, and all or nothing has no gradient to learn from.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace xtape;

namespace {

/// What was measured, with an element for each d.
struct Curve {
  std::vector<double> variance;        // of the products
  std::vector<double> largest_weight;  // that a query gives to one of its keys, on average
  std::vector<double> gradient;        // its size at the scores, for the query in the middle
  std::vector<Tensor> first_row;       // the weights of one query, (T,)
};

/// Adds what queries and keys (N, d) give where their products are multiplied by `scale`. gy (R, T) is the
/// gradient that reaches the weights of R queries over T keys.
void measure(Curve& curve, const Tensor& q, const Tensor& k, double scale, const Tensor& gy) {
  const Tensor products = sum(q * k, -1) * scale;  // (N,), one for each pair

  const Tensor some_q = view(q, xt::range(0, gy.shape(0)));                                        // (R, d)
  const Tensor some_k = view(k, xt::range(0, gy.shape(1)));                                        // (T, d)
  const Tensor scores = (matmul(some_q, some_k, {.transpose_b = true}) * scale).requires_grad_();  // (R, T)
  const Tensor weights = softmax(scores);                                                          // (R, T)

  const Tensor gradient = grad(weights, scores, {.grad_outputs = {gy}});  // (R, T)
  const Tensor sizes = sort(norm(gradient, -1));                          // (R,)

  curve.variance.push_back(var(products).item());
  curve.largest_weight.push_back(mean(amax(weights, -1)).item());
  curve.gradient.push_back(sizes.at({sizes.size() / 2}));
  curve.first_row.push_back(view(weights, 0).detach());
}

/// max |x / expected - 1|
double largest_error(const std::vector<double>& x, const std::vector<double>& expected) {
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) error = std::max(error, std::abs(x[i] / expected[i] - 1));
  return error;
}

void draw(const Lesson& lesson, const std::vector<double>& d, const Curve& plain, const Curve& scaled) {
  const auto axes = [](const char* title, const char* y_label, bool log_y) {
    return plot::Axes{.title = title, .x_label = "d", .y_label = y_label, .log_x = true, .log_y = log_y};
  };
  lesson.picture(
      "04_variance",
      plot::lines(axes("Variance of q.k", "variance", true),
                  {{"q.k", plain.variance, d}, {"d", d, d}, {"q.k / sqrt(d)", scaled.variance, d}}));
  lesson.picture("04_weight", plot::lines(axes("Largest of 16 weights", "weight", false),
                                          {{"q.k", plain.largest_weight, d},
                                           {"q.k / sqrt(d)", scaled.largest_weight, d}}));
  lesson.picture("04_gradient",
                 plot::lines(axes("Gradient that reaches the scores", "size", true),
                             {{"q.k", plain.gradient, d}, {"q.k / sqrt(d)", scaled.gradient, d}}));
  std::vector<std::string> rows(d.size());
  std::transform(d.begin(), d.end(), rows.begin(), [](double row) { return fmt::format("{}", row); });
  lesson.picture("04_rows", plot::heat_map({.title = "One query's weights over 16 keys",
                                            .x_label = "key",
                                            .y_label = "d",
                                            .rows = rows,
                                            .names = {"softmax(q.k)", "softmax(q.k / sqrt(d))"}},
                                           stack({stack(plain.first_row), stack(scaled.first_row)})));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);

  // Independent normal numbers with mean 0 and variance 1, as well-behaved as numbers can be.
  const index_t N = lesson.is_short() ? 4096 : 16384, largest_d = 1024;
  const Tensor q = randn({N, largest_d}, generator), k = randn({N, largest_d}, generator);
  const Tensor gy = randn({512, 16}, generator);

  Curve plain, scaled;
  std::vector<double> ds;
  fmt::print("        variance of     largest weight      gradient\n");
  fmt::print("   d      q.k  scaled      q.k  scaled       q.k  scaled\n");
  for (index_t d = 2; d <= largest_d; d *= 2) {
    const Tensor q_d = view(q, xt::all(), xt::range(0, d));  // (N, d)
    const Tensor k_d = view(k, xt::all(), xt::range(0, d));  // (N, d)
    measure(plain, q_d, k_d, 1, gy);
    measure(scaled, q_d, k_d, 1 / std::sqrt(d), gy);
    ds.push_back(static_cast<double>(d));
    fmt::print("{:4} {:8.1f} {:7.3f} {:8.3f} {:7.3f} {:9.6f} {:7.3f}\n", d, plain.variance.back(),
               scaled.variance.back(), plain.largest_weight.back(), scaled.largest_weight.back(),
               plain.gradient.back(), scaled.gradient.back());
  }

  fmt::print("\n");
  lesson.claim("variance of q.k, relative distance from d", largest_error(plain.variance, ds),
               at_most(lesson.is_short() ? 0.1 : 0.05));
  lesson.claim("largest weight at d = 1024", plain.largest_weight.back(), at_least(0.9));
  lesson.claim("largest weight at d = 1024, scaled", scaled.largest_weight.back(), at_most(0.3));
  lesson.claim("gradient at d = 1024, plain / scaled", plain.gradient.back() / scaled.gradient.back(),
               at_most(1e-3));
  lesson.claim("scaled gradient, d = 1024 / d = 2", scaled.gradient.back() / scaled.gradient.front(),
               at_least(0.5));
  draw(lesson, ds, plain, scaled);
  return lesson.result();
}
