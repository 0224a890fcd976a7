// Lesson 9: the Transformer. One half reads a sentence, the other writes its translation, and attention from
// the second to the first finds the word that comes next, wherever it stands.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace xtape;

namespace {

using Ids = std::vector<std::int64_t>;
using Words = std::vector<std::string>;

/// English with few words, and a language that was made up for this lesson. Its articles are those of the
/// noun: lo and so with the first four, la and sa with the others.
struct Entry {
  std::string english, made;
};
const std::vector<Entry> dictionary = {
    {"", ""},          {"(start)", ""},   {"(end)", "(end)"}, {"a", "so"},       {"", "sa"},
    {"the", "lo"},     {"", "la"},        {"that", "ke"},     {"says", "dira"},  {"thinks", "mena"},
    {"sees", "zeda"},  {"hunts", "varu"}, {"likes", "luba"},  {"hears", "kulu"}, {"small", "piku"},
    {"quick", "nope"}, {"quiet", "tasa"}, {"grey", "vana"},   {"red", "runa"},   {"dog", "miko"},
    {"man", "beno"},   {"king", "doro"},  {"wolf", "guro"},   {"cat", "sani"},   {"bird", "tiri"},
    {"fish", "pali"},  {"girl", "keli"}};
constexpr index_t padding = 0, start = 1, end = 2, a = 3, the = 5, that = 7, speech = 8, verbs = 10,
                  adjectives = 14, nouns = 19, feminine = 23, V = 27;  // where each kind begins

Words words_of(const Ids& ids, std::string Entry::*language) {
  Words words;
  for (const index_t id : ids) words.push_back(dictionary[id].*language);
  return words;
}

/// A sentence in both languages. Each word has one in the other, but they stand in another order.
struct Sentence {
  Ids english = {}, made = {}, from = {};  // from: the place of the English word for each made one
};

/// Draws sentences. English comes in the order of the calls to add(), the other language in that of `from`.
struct Speaker {
  Generator& generator;
  Sentence s = {};
  Ids translated = {};  // in the order of the English words

  index_t draw(index_t first, index_t last) { return randint(first, last, {1}, generator).item(); }

  index_t add(index_t english, index_t made) {
    s.english.push_back(english);
    translated.push_back(made);
    return std::ssize(translated) - 1;
  }

  /// "the small red cat": "la sani piku runa".
  void noun_phrase() {
    const index_t noun = draw(nouns, V), article = draw(0, 2) == 0 ? a : the;
    s.from.push_back(add(article, article + (noun < feminine ? 0 : 1)));
    Ids places;
    for (index_t word = adjectives; word < nouns; ++word)
      if (draw(0, 4) == 0) places.push_back(add(word, word));
    s.from.push_back(add(noun, noun));
    s.from.insert(s.from.end(), places.begin(), places.end());
  }

  /// "a man sees the cat": "so beno la sani zeda". The verb comes last, after all that somebody says.
  void clause(int depth) {
    noun_phrase();
    const bool says = depth > 0 && draw(0, 2) == 0;
    const index_t verb = says ? draw(speech, verbs) : draw(verbs, adjectives);
    const index_t place = add(verb, verb);
    if (says) s.from.push_back(add(that, that));
    says ? clause(depth - 1) : noun_phrase();
    s.from.push_back(place);
  }

  Sentence operator()() {
    s = {}, translated = {};
    clause(2);
    for (const index_t place : s.from) s.made.push_back(translated[place]);
    return s;
  }
};

/// What the model learns from: it reads `source`, and at each place of `prefix` it should say `next`.
struct Batch {
  Indices source;        // (B, Ts), padding behind the end of shorter sentences
  Indices lengths;       // (B,), without padding
  Indices prefix, next;  // (B, Tt), start w1 w2 ..., and w1 w2 ... end
};

Batch batch_of(const std::vector<Sentence>& sentences) {
  std::vector<Indices> sources, prefixes, nexts;
  for (const Sentence& s : sentences) {
    sources.push_back(s.english);
    Ids prefix = {start}, next = s.made;
    prefix.insert(prefix.end(), s.made.begin(), s.made.end());
    next.push_back(end);
    prefixes.push_back(prefix), nexts.push_back(next);
  }
  const auto [source, lengths] = nn::pad_sequences(sources);
  return {source, lengths, nn::pad_sequences(prefixes).tokens, nn::pad_sequences(nexts).tokens};
}

struct Translator : nn::Module {
  static constexpr index_t C = 64, heads = 4, blocks = 2, hidden = 128, longest = 40;
  nn::Embedding english, made;  // (V, C)
  nn::SinusoidalPositions positions{{longest, C}};
  nn::Transformer transformer;
  nn::Linear head;  // (V, C)

  explicit Translator(Generator& generator)
      : english(V, C, generator),
        made(V, C, generator),
        transformer({C, heads, blocks, blocks, hidden, 0},
                    generator),  // without dropout: no sentence comes twice
        head(C, V, generator) {}

  /// A vector for each word of the source, made of the whole sentence.
  Tensor read(const Indices& source, const Indices& lengths) const {
    const Mask keep = nn::keep_mask(lengths, source.shape(1));                      // (B, Ts)
    return transformer.encode(positions(english(source)), {.src_key_keep = keep});  // (B, Ts, C)
  }
  /// What comes after each word of the prefix, given what was read.
  Tensor write(const Indices& prefix, const Tensor& memory, const Indices& lengths) const {
    const Mask keep = nn::keep_mask(lengths, memory.shape(1));                                 // (B, Ts)
    return head(transformer.decode(positions(made(prefix)), memory, {.src_key_keep = keep}));  // (B, Tt, V)
  }

  void visit(nn::Visitor<float>& v) override {
    v("english", english);
    v("made", made);
    v("transformer", transformer);
    v("head", head);
  }
};

/// The likeliest translations of each sentence, best first, as many as the beam is wide.
auto translate(const Translator& model, const Batch& batch, index_t beam_width) {
  const NoGrad reading;
  const Tensor memory = model.read(batch.source, batch.lengths);  // (B, Ts, C)
  const auto next = [&](const Indices& prefixes, const Indices& rows) {
    Ids lengths;
    for (index_t n = 0; n < rows.size(); ++n) lengths.push_back(batch.lengths.at({rows.at({n})}));
    return view(model.write(prefixes, take(memory, rows, 0), lengths), xt::all(), -1);  // (N, V)
  };
  return nn::beam_search(
      next, batch.source.shape(0),
      {.start = start, .end = end, .beam_width = beam_width, .max_length = Translator::longest - 1});
}

/// The part of the sentences whose best translation is right in every word.
double exact(const auto& found, const std::vector<Sentence>& sentences) {
  double right = 0;
  for (std::size_t i = 0; i < found.size(); ++i) right += found[i][0].tokens == sentences[i].made;
  return right / static_cast<double>(found.size());
}

/// How much is taken from each English word to say each made one: the mean over the heads of the last block.
Tensor alignment(const Translator& m, const Batch& batch) {
  const Mask keep = nn::keep_mask(batch.lengths);
  const Tensor source = m.positions(m.english(batch.source)), target = m.positions(m.made(batch.prefix));
  return mean(m.transformer.cross_weights(source, target, {.src_key_keep = keep}).back(), 1);  // (B, Tt, Ts)
}

/// The part of the words for which most is taken from the word that they translate.
double aligned(const Translator& model, const std::vector<Sentence>& sentences) {
  const Indices places = argmax(alignment(model, batch_of(sentences)), -1);  // (B, Tt)
  double right = 0, all = 0;
  for (index_t b = 0; b < std::ssize(sentences); ++b)
    for (index_t t = 0; t < std::ssize(sentences[b].from); ++t, ++all)
      right += places.at({b, t}) == sentences[b].from[t];
  return right / all;
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  const bool is_short = lesson.is_short();
  Generator generator(1337);
  Speaker speaker{generator};

  // Sentences to test with, which are never drawn for training.
  std::set<Ids> held_out;
  const auto fresh = [&] {
    Sentence s = speaker();
    while (held_out.contains(s.english)) s = speaker();
    return s;
  };
  std::vector<Sentence> test;
  for (int i = 0; i < (is_short ? 50 : 500); ++i) held_out.insert(test.emplace_back(fresh()).english);

  // Adam, which is AdamW without decay, and the learning rate of the paper.
  Translator model(generator);
  nn::AdamW optimizer(model.parameters(), {.betas = {0.9, 0.98}, .eps = 1e-9, .weight_decay = 0});
  const nn::WarmupInverseSqrt schedule = {.d_model = Translator::C, .warmup_steps = 400, .scale = 0.5};

  const int steps = is_short ? 150 : 2500;
  plot::Series rates = {"learning rate", {}};
  Tensor loss;
  for (int step = 0; step < steps; ++step) {
    std::vector<Sentence> sentences;
    std::generate_n(std::back_inserter(sentences), 64, fresh);
    const Batch batch = batch_of(sentences);
    const Tensor memory = model.read(batch.source, batch.lengths);           // (B, Ts, C)
    const Tensor logits = model.write(batch.prefix, memory, batch.lengths);  // (B, Tt, V)
    loss = cross_entropy(logits, batch.next, {.ignore_index = padding, .label_smoothing = 0.1});
    model.zero_grad();
    loss.backward();
    optimizer.config.lr = schedule(step);
    optimizer.step();
    rates.y.push_back(schedule(step));
    if ((step + 1) % (steps / 5) == 0) fmt::print("step {:4}  loss {:.3f}\n", step + 1, loss.item());
  }
  model.eval();

  const Sentence& example = test[6];
  const Words english = words_of(example.english, &Entry::english);
  fmt::print("\n        {}\n", fmt::join(english, " "));
  const auto found = translate(model, batch_of({example}), 4);
  for (const auto& [tokens, log_probability, score, ended] : found[0])
    fmt::print("{:.4f}  {}\n", std::exp(log_probability), fmt::join(words_of(tokens, &Entry::made), " "));

  const Batch batch = batch_of(test);
  const auto greedy = translate(model, batch, 1), beam = translate(model, batch, 4);
  fmt::print("\n");
  lesson.claim("padding in the batch, change of log-probability",
               std::abs(beam[6][0].log_probability - found[0][0].log_probability), at_most(1e-3));
  lesson.claim("right in every word, greedy", exact(greedy, test), at_least(is_short ? 0.02 : 0.95));
  lesson.claim("right in every word, beam of 4", exact(beam, test), at_least(is_short ? 0.02 : 0.95));
  lesson.claim("words read where they come from", aligned(model, test), at_least(is_short ? 0.3 : 0.7));

  const index_t T = std::ssize(example.made);
  const Tensor map = view(alignment(model, batch_of({example})), 0, xt::range(0, T));  // (Tt, Ts)
  lesson.picture("09_alignment", plot::heat_map({"What is read to say each word", "read", "said next",
                                                 english, words_of(example.made, &Entry::made)},
                                                map));
  lesson.picture("09_schedule", plot::lines({.title = "Learning rate", .x_label = "step"}, {rates}));
  return lesson.result();
}
