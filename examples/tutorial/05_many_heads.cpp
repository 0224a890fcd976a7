// Lesson 5: many heads. Two small heads solve what one large head cannot; and three ways to compute them,
// from one module a head to one fused call for all.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

using namespace xtape;

namespace {

/// The head of lesson 3, whose three matrices are learnt.
struct SingleHeadAttention : nn::Module {
  nn::Linear query, key, value;  // weights (D, C), no biases

  SingleHeadAttention(index_t C, index_t D, Generator& generator)
      : query({C, D, false}, generator), key({C, D, false}, generator), value({C, D, false}, generator) {}

  Tensor weights(const Tensor& x) const {
    const Tensor q = query(x), k = key(x);                                         // (B, T, D)
    return softmax(matmul(q, k, {.transpose_b = true}) / std::sqrt(q.shape(-1)));  // (B, T, T)
  }
  Tensor operator()(const Tensor& x) const { return matmul(weights(x), value(x)); }  // (B, T, D)

  void visit(nn::Visitor<float>& v) override {
    v("query", query);
    v("key", key);
    v("value", value);
  }
};

/// H heads of D = C / H channels read the same x; their results, side by side, are mixed by one more matrix.
struct ParallelHeads : nn::Module {
  std::vector<SingleHeadAttention> heads;
  nn::Linear out;  // weight (C, C), no bias

  ParallelHeads(index_t C, index_t H, Generator& generator) : out({C, C, false}, generator) {
    for (index_t h = 0; h < H; ++h) heads.emplace_back(C, C / H, generator);
  }

  Tensor operator()(const Tensor& x) const {
    std::vector<Tensor> results;
    results.reserve(heads.size());
    for (const auto& head : heads) results.push_back(head(x));  // (B, T, D)
    return out(concatenate(results, -1));                       // (B, T, C)
  }

  void visit(nn::Visitor<float>& v) override {
    v("heads", heads);
    v("out", out);
  }
};

constexpr index_t T = 8;

/// A task for more than one head: T words stand in a circle, and each has to say the first half of the word
/// before it and the second half of the word after it.
struct Batch {
  Tensor x;       // (B, T, 2T): a word is T random numbers, then T that are 0 but for a 1 at its place
  Tensor target;  // (B, T, T)
};

Batch draw_batch(index_t B, Generator& generator) {
  const Tensor words = randn({B, T, T}, generator);        // (B, T, T)
  const Tensor places = broadcast_to(eye(T), {B, T, T});   // (B, T, T)
  const std::vector<Tensor> halves = split(words, 2, -1);  // (B, T, T / 2) each
  const Tensor before = roll(halves[0], 1, 1);             // at place t: word t - 1
  const Tensor after = roll(halves[1], -1, 1);             // at place t: word t + 1
  return {concatenate({words, places}, -1), concatenate({before, after}, -1)};
}

/// The mean square of the error in the first T channels of the result.
Tensor task_loss(const ParallelHeads& model, const Batch& batch) {
  const Tensor y = model(batch.x);  // (B, T, 2T)
  return mse_loss(view(y, xt::all(), xt::all(), xt::range(0, T)), batch.target);
}

/// Trains on new batches all the time, and returns the loss of each step.
std::vector<double> train_model(ParallelHeads& model, int steps, Generator& generator) {
  nn::AdamW optimizer(model.parameters(), {.lr = 1e-2});
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step) {
    const Tensor loss = task_loss(model, draw_batch(32, generator));
    model.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item());
  }
  return losses;
}

/// The matrices of all heads, or their gradients, one below the other: first those of queries, then those of
/// keys, then those of values, (3C, C).
Tensor packed(const ParallelHeads& model, bool gradients = false) {
  std::vector<Tensor> rows;
  for (const auto part :
       {&SingleHeadAttention::query, &SingleHeadAttention::key, &SingleHeadAttention::value})
    for (const auto& head : model.heads) {
      const Tensor& weight = (head.*part).weight;  // (D, C)
      rows.push_back(gradients ? weight.grad() : weight);
    }
  return concatenate(rows);
}

/// The same sums with an axis h for the heads, and no loop over them.
Tensor by_einsum(const ParallelHeads& model, const Tensor& x) {
  const index_t C = x.shape(-1), H = static_cast<index_t>(model.heads.size()), D = C / H;
  const Tensor w = reshape(packed(model), {3, H, D, C});
  const Tensor w_out = reshape(model.out.weight, {C, H, D});

  const Tensor q = einsum("btc,hdc->bhtd", x, view(w, 0));                         // (B, H, T, D)
  const Tensor k = einsum("btc,hdc->bhtd", x, view(w, 1));                         // (B, H, T, D)
  const Tensor v = einsum("btc,hdc->bhtd", x, view(w, 2));                         // (B, H, T, D)
  const Tensor weights = softmax(einsum("bhtd,bhsd->bhts", q, k) / std::sqrt(D));  // (B, H, T, T)
  const Tensor y = einsum("bhts,bhsd->bhtd", weights, v);                          // (B, H, T, D)
  return einsum("bhtd,chd->btc", y, w_out);                                        // (B, T, C)
}

/// The library's module, with the same numbers in its parameters.
nn::MultiHeadAttention fused_copy(const ParallelHeads& model, index_t C) {
  nn::MultiHeadAttention fused(
      {.embed_dim = C, .num_heads = static_cast<index_t>(model.heads.size()), .bias = false});
  const NoGrad scope;
  fused.in_proj_weight.assign(packed(model));
  fused.out_proj.weight.assign(model.out.weight);
  return fused;
}

/// max |a - b| / max |a|
double difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item() / amax(abs(a)).item(); }

/// A result and what backward() makes of it.
struct Result {
  Tensor y, gx, gw, gw_out;
};

void compare(Lesson& lesson, const std::string& name, const Result& a, const Result& b) {
  lesson.claim(name + ", result", difference(a.y, b.y), at_most(1e-6));
  lesson.claim(name + ", gradient of x", difference(a.gx, b.gx), at_most(1e-6));
  lesson.claim(name + ", gradient of w_q, w_k, w_v", difference(a.gw, b.gw), at_most(1e-6));
  lesson.claim(name + ", gradient of w_out", difference(a.gw_out, b.gw_out), at_most(1e-6));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);

  const index_t C = 2 * T;
  ParallelHeads one(C, 1, generator), two(C, 2, generator);
  const int steps = lesson.is_short() ? 300 : 1000;
  const std::vector<double> one_losses = train_model(one, steps, generator);
  const std::vector<double> two_losses = train_model(two, steps, generator);
  std::cout << two << '\n';
  const Batch test = draw_batch(512, generator);
  lesson.claim("as many parameters in one head as in two", one.parameter_count() == two.parameter_count());
  lesson.claim("loss of one head", task_loss(one, test).item(), at_least(0.4));
  lesson.claim("loss of two heads", task_loss(two, test).item(), at_most(lesson.is_short() ? 0.01 : 0.002));
  fmt::print("\n");

  // Three ways to compute four heads, each walked backward from the same gradient, as if more layers came
  // after.
  ParallelHeads four(C, 4, generator);
  const Tensor x = draw_batch(4, generator).x.requires_grad_();  // (B, T, C)
  const Tensor gy = randn(x.shape(), generator);
  const auto backward = [&](const Tensor& y) -> Result {
    four.zero_grad();
    x.zero_grad();
    y.backward(gy);
    return {y, x.grad(), packed(four, true), four.out.weight.grad()};
  };
  const Result parallel = backward(four(x));
  compare(lesson, "einsum", parallel, backward(by_einsum(four, x)));

  const nn::MultiHeadAttention fused = fused_copy(four, C);
  x.zero_grad();
  const Tensor y = fused(x);  // (B, T, C)
  y.backward(gy);
  compare(lesson, "fused", parallel,
          {y, x.grad(), fused.in_proj_weight.grad(), fused.out_proj.weight.grad()});

  lesson.picture("05_loss", plot::lines({.title = "Before and after: one head and two",
                                         .x_label = "step",
                                         .y_label = "loss",
                                         .log_y = true},
                                        {{"one head", one_losses}, {"two heads", two_losses}}));
  const Tensor sentence = view(x, xt::range(0, 1));  // (1, T, C)
  std::vector<Tensor> maps;
  for (const auto* head : {&one.heads[0], &two.heads[0], &two.heads[1]})
    maps.push_back(squeeze(head->weights(sentence)));  // (T, T)
  lesson.picture("05_heads", plot::heat_map({.title = "What each head reads",
                                             .x_label = "word that is read",
                                             .y_label = "word that reads",
                                             .names = {"one head alone", "first of two", "second of two"}},
                                            stack(maps)));
  return lesson.result();
}
