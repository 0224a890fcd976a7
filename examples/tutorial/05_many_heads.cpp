// Lesson 5: many heads. Small heads side by side read the same words, each in its own way; three ways to
// compute them, from one module a head to one fused call for all.
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
    for (const auto& head : heads) results.push_back(head(x));  // (B, T, D)
    return out(concatenate(results, -1));                       // (B, T, C)
  }

  void visit(nn::Visitor<float>& v) override {
    v("heads", heads);
    v("out", out);
  }
};

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

double largest_difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }

/// A result and what backward() makes of it.
struct Result {
  Tensor y, gx, gw, gw_out;
};

void compare(Lesson& lesson, const std::string& name, const Result& a, const Result& b) {
  lesson.claim(name + ", result", largest_difference(a.y, b.y), at_most(1e-6));
  lesson.claim(name + ", gradient of x", largest_difference(a.gx, b.gx), at_most(1e-6));
  lesson.claim(name + ", gradient of w_q, w_k, w_v", largest_difference(a.gw, b.gw), at_most(1e-6));
  lesson.claim(name + ", gradient of w_out", largest_difference(a.gw_out, b.gw_out), at_most(1e-6));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);

  const index_t C = 32, H = 4;
  const std::vector<std::string> words = {"the", "old", "man", "rang", "the", "bell"};
  const Indices ids = {{0, 1, 2, 3, 0, 4}, {0, 4, 3, 0, 1, 2}};  // and "the bell rang the old man"
  const nn::Embedding embedding(5, C, generator);
  const Tensor x = embedding(ids).detach().requires_grad_();  // (B, T, C)

  ParallelHeads model(C, H, generator);
  std::cout << model << '\n';

  // One result after the other, walked backward from the same gradient gy, as if more layers came after.
  const Tensor gy = 0.1 * randn(x.shape(), generator);
  const auto backward = [&](const Tensor& y) -> Result {
    model.zero_grad();
    x.zero_grad();
    y.backward(gy);
    return {y, x.grad(), packed(model, true), model.out.weight.grad()};
  };
  const Result parallel = backward(model(x));
  compare(lesson, "einsum", parallel, backward(by_einsum(model, x)));

  const nn::MultiHeadAttention fused = fused_copy(model, C);
  x.zero_grad();
  const Tensor y = fused(x);  // (B, T, C)
  y.backward(gy);
  compare(lesson, "fused", parallel,
          {y, x.grad(), fused.in_proj_weight.grad(), fused.out_proj.weight.grad()});

  std::vector<Tensor> maps;
  for (const auto& head : model.heads) maps.push_back(view(head.weights(x), 0));  // (T, T)
  lesson.picture("05_heads", plot::heat_map({.title = "Four heads read one sentence",
                                             .x_label = "word that is read",
                                             .y_label = "word that reads",
                                             .columns = words,
                                             .rows = words,
                                             .names = {"head 0", "head 1", "head 2", "head 3"}},
                                            stack(maps)));
  return lesson.result();
}
