// Lesson 2: the bigram model. It predicts the next character from the present one alone, and learns from
// gradients what could also be counted.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

using namespace xtape;

namespace {

/// The mean of -ln p(next character) over every pair of neighbours in a text.
double loss_over(const nn::Embedding& model, const Indices& ids) {
  const NoGrad scope;
  const auto [x, y] = nn::batch_at(ids, {0}, ids.size() - 1);  // (1, N - 1): one window, the whole text
  return cross_entropy(model(x), y).item();                    // of logits (1, N - 1, V)
}

/// The same table without learning: row i holds the logarithms of how often each character follows character
/// i. The counting begins at `first`, because ln 0 gives probability 0 to what was never seen.
nn::Embedding count_pairs(const Indices& ids, index_t V, double first) {
  xt::xarray<float> counts = first * xt::ones<float>({V, V});
  for (index_t i = 0; i + 1 < ids.size(); ++i) counts(ids.at({i}), ids.at({i + 1})) += 1;
  nn::Embedding model(V, V);
  const NoGrad scope;
  model.weight.assign(log(Tensor(counts)));
  return model;
}

/// Draws one character after the other, each with the probabilities that the one before it gives.
std::string sample(const nn::Embedding& model, const nn::CharTokenizer& tokenizer, int length) {
  const NoGrad scope;
  Generator generator(1337);
  Indices id = {0};  // the first of the vocabulary, as a rule the end of a line
  std::string text;
  for (int i = 0; i < length; ++i) {
    const Tensor probabilities = softmax(model(id));                   // (1, V)
    id = multinomial(probabilities, 1, true, generator).reshape({1});  // (1,)
    text += tokenizer.decode(id);
  }
  return text;
}

struct Curves {
  std::vector<double> step, batch_loss;
  std::vector<double> val_step, val_loss;
};

Curves train_model(nn::Embedding& model, const nn::TextSplit& text, int steps, Generator& generator) {
  nn::AdamW optimizer(model.parameters(), {.lr = 1e-2});
  Curves curves;
  for (int step = 0; step < steps; ++step) {
    if (step % (steps / 50) == 0) {
      curves.val_step.push_back(step);
      curves.val_loss.push_back(loss_over(model, text.val));
    }
    if (step % (steps / 10) == 0)
      fmt::print("step {:4}  validation loss {:.4f}\n", step, curves.val_loss.back());
    const auto [x, y] = nn::random_batch(text.train, 32, 8, generator);  // (B, T)
    const Tensor logits = model(x);                                      // (B, T, V)
    const Tensor loss = cross_entropy(logits, y);                        // ()
    model.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 10 == 0) {
      curves.step.push_back(step);
      curves.batch_loss.push_back(loss.item());
    }
  }
  return curves;
}

struct Losses {
  double train, val;
};

Losses report(const char* name, const nn::Embedding& model, const nn::TextSplit& text) {
  const Losses loss = {loss_over(model, text.train), loss_over(model, text.val)};
  fmt::print("{:16} {:>13.4f} {:>16.4f}\n", name, loss.train, loss.val);
  return loss;
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);

  const nn::CharTokenizer tokenizer(lesson.text());
  const index_t V = tokenizer.vocab_size();
  const std::string line = lesson.text().substr(0, lesson.text().find('\n'));
  std::cout << '"' << line << "\" encoded: " << tokenizer.encode(line) << '\n';
  std::cout << "and decoded: \"" << tokenizer.decode(tokenizer.encode(line)) << "\"\n\n";

  const nn::TextSplit text = nn::split_text(tokenizer.encode(lesson.text()), 0.9);
  const auto [x, y] = nn::batch_at(text.train, {0}, 8);  // (1, 8)
  fmt::print("{} characters to train on, {} to validate with, {} different ones\n", text.train.size(),
             text.val.size(), V);
  fmt::print("a window   \"{}\"\nits targets \"{}\"\n\n", tokenizer.decode(x), tokenizer.decode(y));

  nn::Embedding model(V, V, generator);  // row i: the logits of what follows character i
  fmt::print("before training:\n{}\n\n", sample(model, tokenizer, 200));
  const Curves curves = train_model(model, text, lesson.is_short() ? 1000 : 3000, generator);
  fmt::print("\nafter training:\n{}\n\n", sample(model, tokenizer, 200));

  fmt::print("loss             training text  validation text\n");
  const Losses learnt = report("learnt", model, text);
  const Losses counted = report("counted", count_pairs(text.train, V, 0), text);
  const Losses smoothed = report("counted from 1", count_pairs(text.train, V, 1), text);

  const double equal_chances = std::log(V), first = curves.val_loss.front();
  const double unfinished = lesson.is_short() ? 0.1 : 0.02;  // more steps would come closer
  const auto pairs = static_cast<double>(V * V), seen = static_cast<double>(text.train.size());
  lesson.claim("first loss, distance from ln V + 1/2", std::abs(first - (equal_chances + 0.5)),
               at_most(0.25));
  lesson.claim("training text, learnt above counted", learnt.train - counted.train, at_most(unfinished));
  lesson.claim("no table is below the counted one", learnt.train >= counted.train);
  lesson.claim("validation text, learnt above counted from 1", learnt.val - smoothed.val,
               at_most(unfinished + pairs / seen));

  const std::vector<double> ends = {0, curves.step.back()};
  lesson.picture("02_loss",
                 plot::lines({.title = "Loss of the bigram model", .x_label = "step", .y_label = "loss"},
                             {{"batches", curves.batch_loss, curves.step},
                              {"validation text", curves.val_loss, curves.val_step},
                              {"equal chances, ln V", {equal_chances, equal_chances}, ends},
                              {"counted from 1", {smoothed.val, smoothed.val}, ends}}));

  std::vector<std::string> letters;  // the last of the vocabulary, as a rule a to z
  for (index_t id = std::max<index_t>(0, V - 26); id < V; ++id) letters.push_back(tokenizer.decode(id));
  const auto last = xt::range(V - static_cast<index_t>(letters.size()), V);
  lesson.picture("02_table", plot::heat_map({.title = "Which letter follows which",
                                             .x_label = "next",
                                             .y_label = "present",
                                             .columns = letters,
                                             .rows = letters},
                                            view(softmax(model.weight), last, last)));
  return lesson.result();
}
