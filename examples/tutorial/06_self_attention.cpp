// Lesson 6: self-attention that learns. Tokens and positions become vectors, trained projections make
// queries, keys and values of them, and the attention map of the trained layer shows the task that it was
// given.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

using namespace xtape;

namespace {

constexpr index_t T = 16, C = 32, V = 7;  // positions of a text, channels of a vector, tokens

/// The task: a letter is somebody who begins to speak, a dot is somebody who goes on. Who speaks?
///     text     d..a....ce.b....
///     answer   dddaaaaaceebbbbb
struct Batch {
  Indices text, answer;  // (B, T) each
};

Batch draw_batch(index_t B, Generator& generator) {
  const Mask begins = bernoulli(0.3, {B, T}, generator);
  const Indices speaker = randint(1, V, {B, T}, generator);  // any letter; 0 is the dot
  std::vector<std::int64_t> text, answer;
  for (index_t b = 0; b < B; ++b)
    for (index_t t = 0; t < T; ++t) {
      const bool letter = t == 0 || begins.at({b, t});
      text.push_back(letter ? speaker.at({b, t}) : 0);
      answer.push_back(letter ? text.back() : answer.back());
    }
  return {Indices(text).reshape({B, T}), Indices(answer).reshape({B, T})};
}

struct SelfAttention : nn::Module {
  nn::Linear query, key, value;  // (C, C) each
  nn::Dropout dropout;

  explicit SelfAttention(Generator& generator)
      : query({C, C, false}, generator),
        key({C, C, false}, generator),
        value({C, C, false}, generator),
        dropout({.p = 0.1, .generator = &generator}) {}

  Tensor weights(const Tensor& x) const {
    const Tensor q = query(x), k = key(x);                                                  // (B, T, C)
    const Tensor scores = matmul(q, k, {.transpose_b = true}) / std::sqrt(C);               // (B, T, T)
    const Mask future = triu_mask(T, T, 1);                                                 // (T, T)
    return softmax(masked_fill(scores, future, -std::numeric_limits<double>::infinity()));  // (B, T, T)
  }

  Tensor operator()(const Tensor& x) const {
    return matmul(dropout(weights(x)), value(x));  // (B, T, T) x (B, T, C) -> (B, T, C)
  }

  void visit(nn::Visitor<float>& v) override {
    v("query", query);
    v("key", key);
    v("value", value);
    v("dropout", dropout);
  }
};

struct Listener : nn::Module {
  nn::Embedding token;  // (V, C)
  Tensor position;      // (T, C)
  SelfAttention attention;
  nn::Linear head;  // (V, C)

  Listener(const Tensor& positions, Generator& generator)
      : token(V, C, generator), position(positions), attention(generator), head(C, V, generator) {}

  Tensor embed(const Indices& text) const { return token(text) + position; }             // (B, T, C)
  Tensor operator()(const Indices& text) const { return head(attention(embed(text))); }  // (B, T, V)

  void visit(nn::Visitor<float>& v) override {
    v("token", token);
    if (position.requires_grad()) v("position", position);
    v("attention", attention);
    v("head", head);
  }
};

struct Score {
  double loss, accuracy;
  double attention;  // the part of it that falls on the right letter, wherever it stands
};

Score evaluate(Listener& model) {
  const NoGrad scope;
  Generator generator(7);  // the same texts at every call, and not those of the training
  const auto [text, answer] = draw_batch(256, generator);
  model.eval();
  const Tensor logits = model(text);                                  // (B, T, V)
  const Tensor weights = model.attention.weights(model.embed(text));  // (B, T, T)
  const Tensor on_token = matmul(weights, one_hot(text, V));          // (B, T, V)
  const Tensor on_answer = sum(on_token * one_hot(answer, V), -1);    // (B, T)
  model.train();
  const auto right = xt::equal(argmax(logits, -1).array(), answer.array());  // (B, T)
  return {.loss = cross_entropy(logits, answer).item(),
          .accuracy = xt::mean(xt::cast<double>(right))(),
          .attention = mean(on_answer).item()};
}

struct Run {
  plot::Series curve;
  Score score;
};

Run train(Listener& model, const std::string& name, int steps, Generator& generator) {
  nn::AdamW optimizer(model.parameters(), {.lr = 2e-3});
  Run run{.curve = {.name = name, .y = {}}, .score = {}};
  for (int step = 0;; ++step) {
    if (step % 50 == 0) {
      run.score = evaluate(model);
      run.curve.x.push_back(step);
      run.curve.y.push_back(run.score.loss);
    }
    if (step == steps) break;
    const Batch batch = draw_batch(64, generator);
    const Tensor loss = cross_entropy(model(batch.text), batch.answer);
    model.zero_grad();
    loss.backward();
    optimizer.step();
  }
  fmt::print("{:<22}{:>8.4f}{:>10.3f}{:>25.3f}\n", name, run.score.loss, run.score.accuracy,
             run.score.attention);
  return run;
}

double largest_difference(const Tensor& a, const Tensor& b) { return amax(abs(a - b)).item(); }

const nn::CharTokenizer tokenizer(".abcdef");
const std::string talk = "d..a....ce.b....";

void take_apart(Lesson& lesson) {
  // From characters to vectors: the id picks a row of one table, the position a row of another.
  Generator generator(1337);
  const Indices text = tokenizer.encode(talk).reshape({1, T});
  const nn::Embedding token(V, C, generator);                         // V rows of C numbers
  const Tensor position = randn({T, C}, generator).requires_grad_();  // T rows
  const Tensor x = token(text) + position;                            // (1, T, C)
  fmt::print("text  {}\nids   {}\n\n", talk, fmt::join(text.data(), text.data() + T, " "));

  // A projection is a matrix of parameters. Linear holds it transposed, (out, in).
  const nn::Linear query({C, C, false}, generator);
  const Tensor w = transpose(query.weight).detach().requires_grad_();  // (C, C)
  const Tensor gw = grad(mean(square(matmul(x, w))), w);
  const Tensor g_linear = grad(mean(square(query(x))), query.weight);
  lesson.claim("x w and Linear differ by", largest_difference(matmul(x, w), query(x)), at_most(1e-6));
  lesson.claim("their gradients by", largest_difference(transpose(gw), g_linear), at_most(1e-6));

  // The layer by hand, and the op that gives the same and never holds T x T weights.
  SelfAttention attention(generator);
  attention.eval();
  const Tensor context = attention(x);  // (1, T, C)
  const Tensor op = scaled_dot_product_attention(attention.query(x), attention.key(x), attention.value(x),
                                                 {.causal = true});  // (1, T, C)
  lesson.claim("the layer and the op differ by", largest_difference(context, op), at_most(1e-6));

  // The mask: another last letter changes what the last position gets, and nothing else.
  const Indices other = tokenizer.encode("d..a....ce.b...f").reshape({1, T});
  const Tensor change = amax(abs(attention(token(other) + position) - context), -1);  // (1, T)
  const Tensor earlier = view(change, 0, xt::range(0, T - 1));                        // (T - 1,)
  lesson.claim("another end changes earlier positions by", amax(earlier).item(), at_most(0));
  lesson.claim("and the last one by", change.at({0, T - 1}), at_least(0.1));

  // Dropout: while training, a weight is left out with probability 0.1, and the others make up for it.
  attention.train();
  const Tensor weights = attention.weights(x), dropped = attention.dropout(weights);  // (1, T, T)
  const Tensor expected = where(dropped > 0, weights / 0.9, 0);
  lesson.claim("dropped weights differ from w / 0.9 or 0 by", largest_difference(dropped, expected),
               at_most(1e-6));
}

void learn(Lesson& lesson) {
  // Three models: without positions, with a table of them to be learned, with sines and cosines.
  Generator generator(1337);
  Listener lost(zeros({T, C}), generator);
  Listener model(randn({T, C}, generator).requires_grad_(), generator);
  Listener waves(sinusoidal_positions(T, C), generator);

  const int steps = lesson.is_short() ? 300 : 1000;
  fmt::print("\nafter {:4} steps          loss  accuracy  attention on the letter\n", steps);
  const Indices text = tokenizer.encode(talk).reshape({1, T});
  const Tensor before = model.attention.weights(model.embed(text));  // (1, T, T)
  const Run lost_run = train(lost, "no positions", steps, generator);
  const Run run = train(model, "learned positions", steps, generator);
  const Run waves_run = train(waves, "sinusoidal positions", steps, generator);
  const Tensor after = model.attention.weights(model.embed(text));  // (1, T, T)

  fmt::print("\n");
  lesson.claim("accuracy, no positions", lost_run.score.accuracy, at_most(0.8));
  lesson.claim("accuracy, learned positions", run.score.accuracy, at_least(0.99));
  lesson.claim("accuracy, sinusoidal positions", waves_run.score.accuracy, at_least(0.99));
  lesson.claim("attention on the letter, learned", run.score.attention, at_least(0.9));
  lesson.claim("attention on the letter, sinusoidal", waves_run.score.attention, at_least(0.9));

  std::vector<std::string> letters;
  for (const char c : talk) letters.emplace_back(1, c);
  lesson.picture("06_attention", plot::heat_map({.title = "Who is listened to, before and after training",
                                                 .x_label = "position that is read",
                                                 .y_label = "position that reads",
                                                 .columns = letters,
                                                 .rows = letters,
                                                 .names = {"before", "after"}},
                                                concatenate({before, after}, 0)));
  lesson.picture(
      "06_loss",
      plot::lines({.title = "Loss on new talks", .x_label = "step", .y_label = "loss", .log_y = true},
                  {lost_run.curve, run.curve, waves_run.curve}));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  take_apart(lesson);
  learn(lesson);
  return lesson.result();
}
