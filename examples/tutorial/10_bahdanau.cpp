// Lesson 10: attention before the Transformer. A recurrent network reads a sentence, another one writes its
// translation. Additive attention lets the writer look back at every word that was read; long sentences show
// what that is worth.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <limits>
#include <string>
#include <vector>

using namespace xtape;

namespace {

const std::vector<std::string> words = {"-",   "lum", "tar", "nis", "kov", "bel", "dag",
                                        "fip", "gor", "hud", "jem", "kal", "mon", "pev",
                                        "riz", "sot", "tup", "vak", "wod", "yem", "zib"};
constexpr index_t V = 21, H = 64;  // words, the first of which is none; here H is the size of a state

/// The task: the mirror image of a sentence, the last word first and each word spelled backwards.
///     lum tar nis kov     vok sin rat mul
/// A model sees numbers alone: word i of one language is word i of the other.
struct Batch {
  Indices source, target;  // (B, T), 0 behind the end of shorter sentences
  Indices lengths;         // (B,)
};

Batch batch_of(const std::vector<Indices>& sentences) {
  std::vector<Indices> mirrored;
  for (const Indices& sentence : sentences) mirrored.emplace_back(xt::flip(sentence.array(), 0));
  const auto [source, lengths] = nn::pad_sequences(sentences);
  return {source, nn::pad_sequences(mirrored).tokens, lengths};
}

std::vector<Indices> draw_sentences(index_t count, index_t shortest, index_t longest, Generator& generator) {
  std::vector<Indices> sentences;
  for (index_t i = 0; i < count; ++i) {
    const index_t length = randint(shortest, longest + 1, {1}, generator).item();
    sentences.push_back(randint(1, V, {length}, generator));
  }
  return sentences;
}

/// One step of a gated recurrent unit, as nn::GRUCell takes it.
Tensor gru_step(const nn::GRUCell& cell, const Tensor& x, const Tensor& h) {
  const auto a = split(linear(x, cell.weight_ih, cell.bias_ih), 3, 1);  // (B, H) each, from the input
  const auto b = split(linear(h, cell.weight_hh, cell.bias_hh), 3, 1);  // (B, H) each, from the state
  const Tensor r = sigmoid(a[0] + b[0]);   // (B, H), how much of the past is read
  const Tensor z = sigmoid(a[1] + b[1]);   // (B, H), how much of it stays
  const Tensor n = tanh(a[2] + r * b[2]);  // (B, H), what could take its place
  return (1 - z) * n + z * h;
}

struct Translator : nn::Module {
  bool attends;
  nn::Embedding source, target;  // (V, H)
  nn::GRU encoder;               // from left to right and from right to left
  nn::Linear first;              // the decoder's first state from the encoder's last ones
  nn::Linear query, key, score;  // W, U and v of the attention
  nn::GRUCell decoder;           // reads a word and what attention saw
  nn::Linear head;               // (V, 3H)

  Translator(bool with_attention, Generator& generator)
      : attends(with_attention),
        source(V, H, generator),
        target(V, H, generator),
        encoder({.input_size = H, .hidden_size = H, .bidirectional = true}, generator),
        first(2 * H, H, generator),
        query({H, H, false}, generator),
        key({2 * H, H, false}, generator),
        score({H, 1, false}, generator),
        decoder(3 * H, H, generator),
        head(3 * H, V, generator) {}

  struct Reading {
    Tensor h;      // (B, T, 2H), a state for each word
    Tensor last;   // (B, 2H), the last states of both directions
    Tensor keys;   // (B, T, H)
    Mask padding;  // (B, T)
  };

  Reading read(const Batch& batch) const {
    const auto sentences = nn::pack_padded_sequence(source(batch.source), batch.lengths);
    const auto [states, ends] = encoder(sentences);
    const Tensor h = nn::pad_packed_sequence(states).first;              // (B, T, 2H)
    const Tensor last = concatenate({view(ends, 0), view(ends, 1)}, 1);  // (B, 2H)
    return {h, last, key(h), !nn::keep_mask(batch.lengths)};
  }

  /// How much of each word of the text the decoder takes in state s.
  Tensor weights(const Tensor& s, const Reading& text) const {
    const Tensor q = expand_dims(query(s), 1);                                                    // (B, 1, H)
    const Tensor scores = squeeze(score(tanh(q + text.keys)), -1);                                // (B, T)
    return softmax(masked_fill(scores, text.padding, -std::numeric_limits<double>::infinity()));  // (B, T)
  }

  struct Writing {
    Tensor logits;     // (B, T, V)
    Tensor attention;  // (B, T, T)
  };

  /// Writes word by word. The decoder reads the word before the one that it writes: the right one where it is
  /// taught, else its own.
  Writing operator()(const Batch& batch, bool taught) const {
    const Reading text = read(batch);
    Tensor s = tanh(first(text.last));          // (B, H)
    const Tensor right = target(batch.target);  // (B, T, H)
    Tensor before = zeros(s.shape());           // (B, H), the word before: none
    std::vector<Tensor> logits, attention;
    for (index_t t = 0; t < text.h.shape(1); ++t) {
      const Tensor a = weights(s, text);                                  // (B, T)
      const Tensor seen = squeeze(matmul(expand_dims(a, 1), text.h), 1);  // (B, 2H)
      const Tensor context = attends ? seen : text.last;                  // (B, 2H)
      s = decoder(concatenate({before, context}, 1), s);                  // (B, H)
      logits.push_back(head(concatenate({s, context}, 1)));               // (B, V)
      attention.push_back(a);
      before = taught ? view(right, xt::all(), t) : target(argmax(logits.back(), 1));  // (B, H)
    }

    return {stack(logits, 1), stack(attention, 1)};
  }

  void visit(nn::Visitor<float>& v) override {
    v("source", source);
    v("target", target);
    v("encoder", encoder);
    v("first", first);
    v("query", query);
    v("key", key);
    v("score", score);
    v("decoder", decoder);
    v("head", head);
  }
};

void train(Translator& model, int steps, index_t longest) {
  Generator generator(1);
  nn::AdamW optimizer(model.parameters());
  const nn::WarmupCosine schedule{.lr = 4e-3, .min_lr = 4e-4, .warmup_steps = 50, .decay_steps = steps};
  fmt::print("{} attention\n", model.attends ? "with" : "without");
  for (int step = 1; step <= steps; ++step) {
    const Batch batch = batch_of(draw_sentences(64, 4, longest, generator));
    const Tensor logits = model(batch, true).logits;                               // (B, T, V)
    const Tensor loss = cross_entropy(logits, batch.target, {.ignore_index = 0});  // ()
    model.zero_grad();
    loss.backward();
    nn::clip_grad_norm(model.parameters(), 1);
    optimizer.config.lr = schedule(step);
    optimizer.step();
    if (step % (steps / 5) == 0) fmt::print("  step {:4}  loss {:.3f}\n", step, loss.item());
  }
}

/// A sentence gives the same alone and in a batch with longer ones: padding is not read.
double difference_by_padding(const Translator& model) {
  const NoGrad scope;
  Generator generator(2);
  const auto sentences = draw_sentences(8, 4, 12, generator);
  const Tensor together = model(batch_of(sentences), true).logits;    // (8, 12, V)
  const Tensor alone = model(batch_of({sentences[0]}), true).logits;  // (1, T, V)
  return amax(abs(view(together, xt::range(0, 1), xt::range(0, alone.shape(1))) - alone)).item();
}

/// The part of all words that is right, of 200 sentences of each length.
plot::Series accuracies(const Translator& model, index_t longest) {
  const NoGrad scope;
  Generator generator(2);
  plot::Series line = {.name = model.attends ? "with attention" : "without attention", .y = {}};
  for (index_t length = 4; length <= longest; length += 2) {
    const Batch batch = batch_of(draw_sentences(200, length, length, generator));
    const Indices written = argmax(model(batch, false).logits, 2);        // (B, T)
    const auto right = xt::equal(written.array(), batch.target.array());  // (B, T)
    line.x.push_back(static_cast<double>(length));
    line.y.push_back(xt::mean(xt::cast<double>(right))());
  }
  return line;
}

/// The words of either language.
std::vector<std::string> spelled(const Indices& ids, bool backwards) {
  std::vector<std::string> text;
  for (index_t i = 0; i < ids.size(); ++i) {
    const std::string word = words[static_cast<std::size_t>(ids.data()[i])];
    text.push_back(backwards ? std::string(word.rbegin(), word.rend()) : word);
  }
  return text;
}

/// One sentence, what both models make of it, and where the one with attention looked.
void show(Lesson& lesson, const Translator& with, const Translator& without, index_t length) {
  const NoGrad scope;
  Generator generator(3);
  const Batch batch = batch_of(draw_sentences(1, length, length, generator));
  const auto [logits, attention] = with(batch, false);  // (1, T, V), (1, T, T)
  const Tensor other_logits = without(batch, false).logits;
  const auto read = spelled(batch.source, false), written = spelled(argmax(logits, 2), true);
  fmt::print("\nsentence           {}\n", fmt::join(read, " "));
  fmt::print("mirrored           {}\n", fmt::join(spelled(batch.target, true), " "));
  fmt::print("with attention     {}\n", fmt::join(written, " "));
  fmt::print("without attention  {}\n\n", fmt::join(spelled(argmax(other_logits, 2), true), " "));
  const Tensor mirrored = flip(attention, 2);  // (1, T, T), what belongs together on the diagonal
  double near = 0;
  for (const index_t offset : {-1, 0, 1}) near += sum(diagonal(mirrored, offset, 1, 2)).item();
  lesson.claim("attention on the mirrored word and beside it", near / static_cast<double>(length),
               at_least(lesson.is_short() ? 0.4 : 0.85));
  lesson.picture("10_attention", plot::heat_map({.title = "Where the decoder looks while it writes a word",
                                                 .x_label = "word that was read",
                                                 .y_label = "word that is written",
                                                 .columns = read,
                                                 .rows = written},
                                                view(attention, 0)));
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  Generator generator(1337);
  const nn::GRUCell cell(3, 4, generator);
  const Tensor x = randn({2, 3}, generator), h = randn({2, 4}, generator);
  const Tensor difference = amax(abs(gru_step(cell, x, h) - cell(x, h)));
  lesson.claim("a GRU by hand and nn::GRUCell differ by", difference.item(), at_most(1e-6));

  const index_t longest = lesson.is_short() ? 8 : 20;
  const int steps = lesson.is_short() ? 200 : 1000;
  Translator with(true, generator), without(false, generator);
  lesson.claim("a sentence alone and in a batch differ by", difference_by_padding(with), at_most(1e-5));
  train(with, steps, longest);
  train(without, steps, longest);

  const auto a = accuracies(with, longest), b = accuracies(without, longest);
  fmt::print("\nwords  with attention  without\n");
  for (std::size_t i = 0; i < a.x.size(); ++i) fmt::print("{:5}{:16.3f}{:9.3f}\n", a.x[i], a.y[i], b.y[i]);
  fmt::print("\n");
  const double gap_short = a.y.front() - b.y.front(), gap_long = a.y.back() - b.y.back();
  const Bound much = at_least(lesson.is_short() ? 0.1 : 0.4);
  lesson.claim("accuracy with attention, longest", a.y.back(), at_least(lesson.is_short() ? 0.7 : 0.95));
  lesson.claim("what attention adds there", gap_long, much);
  lesson.claim("more than it adds to the shortest by", gap_long - gap_short, much);
  show(lesson, with, without, longest);
  lesson.picture("10_length", plot::lines({.title = "Words translated right",
                                           .x_label = "words in the sentence",
                                           .y_label = "accuracy"},
                                          {a, b}));
  return lesson.result();
}
