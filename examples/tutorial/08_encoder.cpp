// Lesson 8: an encoder. Attention without a mask for the future reads whole sentences and says whether they
// praise or blame; a bag of words of the same size cannot, because order decides.
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace xtape;

namespace {

constexpr index_t C = 32, T = 20;  // channels of a word, words of the longest review and [CLS]

struct Review {
  std::string text;
  bool praise;
};

index_t roll(index_t sides) { return randint(0, sides, {1}).item(); }

template <class E = std::string>
E pick(const std::vector<E>& from) {
  return from.begin()[roll(std::ssize(from))];
}

/// To deny the opposite says the same.
std::string clause(bool praise) {
  const auto good = pick({"good", "great", "lovely", "fine", "charming", "pleasant"});
  const auto bad = pick({"bad", "awful", "dull", "poor", "dreadful", "dismal"});
  const auto thing = pick({"room", "view", "garden", "soup", "bread", "coffee", "waiter", "guide", "show"});
  switch (roll(5)) {
    case 0: return fmt::format("the {} was {}", thing, praise ? good : bad);
    case 1: return fmt::format("the {} was really {}", thing, praise ? good : bad);
    case 2: return fmt::format("we {} the {}", praise ? "loved" : "hated", thing);
    case 3: return fmt::format("the {} was not {}", thing, praise ? bad : good);
    default: return fmt::format("the {} was not {} at all", thing, praise ? bad : good);
  }
}

/// Of two clauses, the one after "but" decides, or the one without "although".
Review review() {
  const bool praise = roll(2) == 0;
  const std::string verdict = clause(praise), other = clause(!praise);
  switch (roll(6)) {
    case 0: return {other + " but " + verdict, praise};
    case 1: return {"although " + other + " " + verdict, praise};
    case 2: return {verdict + " although " + other, praise};
    default: return {verdict, praise};
  }
}

std::string kind_of(const Review& review) {
  const auto has = [&](const char* words) { return review.text.find(words) != std::string::npos; };
  if (has("but ") || has("although ")) return "two clauses";
  return has(" not ") ? "one, denied" : "one clause";
}

/// The id of each word; 0 is padding, and 1 the token [CLS] that begins every review.
using Vocabulary = std::map<std::string, std::int64_t>;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in("[CLS] " + text);
  return {std::istream_iterator<std::string>(in), {}};
}

Indices encode(const std::string& text, const Vocabulary& vocabulary) {
  std::vector<std::int64_t> ids;
  for (const std::string& word : words_of(text)) ids.push_back(vocabulary.at(word));
  return ids;
}

struct Batch {
  Indices ids;     // (B, T), 0 behind the end of a review
  Mask keep;       // (B, T), false there
  Indices praise;  // (B,)
};

Batch batch_of(const std::vector<Review>& reviews, const Vocabulary& vocabulary) {
  std::vector<Indices> rows;
  std::vector<std::int64_t> praise;
  for (const Review& review : reviews) {
    rows.push_back(encode(review.text, vocabulary));
    praise.push_back(review.praise);
  }
  const auto [ids, lengths] = nn::pad_sequences(rows);
  return {ids, nn::keep_mask(lengths), praise};
}

struct EncoderClassifier : nn::Module {
  nn::Embedding token, position;  // (V, C), (T, C)
  nn::Encoder encoder;
  nn::Linear head;  // (2, C)

  explicit EncoderClassifier(index_t V)
      : token(V, C),
        position(T, C),
        encoder({.num_layers = 2, .block = {.d_model = C, .nhead = 4, .dim_feedforward = 4 * C}}),
        head(C, 2) {}

  Tensor embed(const Indices& ids) const {
    return token(ids) + view(position.weight, xt::range(0, ids.shape(1)));  // (B, T, C) + (T, C)
  }
  Tensor operator()(const Batch& batch) const {
    const Tensor y = encoder(embed(batch.ids), {.key_keep = batch.keep});  // (B, T, C)
    return head(view(y, xt::all(), 0));                                    // of [CLS]: (B, C) -> (B, 2)
  }

  void visit(nn::Visitor<float>& v) override {
    v("token", token);
    v("position", position);
    v("encoder", encoder);
    v("head", head);
  }
};

struct BagOfWords : nn::Module {
  nn::Embedding token;      // (V, C)
  nn::Linear hidden, head;  // (H, C), (2, H)

  BagOfWords(index_t V, index_t H) : token(V, C), hidden(C, H), head(H, 2) {}

  Tensor operator()(const Batch& batch) const {
    const Mask keep = batch.keep.reshape({batch.keep.shape(0), batch.keep.shape(1), 1});  // (B, T, 1)
    const Tensor words = sum(where(keep, token(batch.ids), 0), 1);                        // (B, C)
    return head(relu(hidden(words)));                                                     // (B, 2)
  }

  void visit(nn::Visitor<float>& v) override {
    v("token", token);
    v("hidden", hidden);
    v("head", head);
  }
};

/// The probability that each review is praise: (B,).
Tensor praise(auto& model, const Batch& batch) {
  const NoGrad scope;
  model.eval();
  const Tensor p = softmax(model(batch));  // (B, 2)
  model.train();
  return view(p, xt::all(), 1);
}

double accuracy(auto& model, const Batch& batch) {
  const auto right = xt::equal(praise(model, batch).array() > 0.5f, batch.praise.array() > 0);  // (B,)
  return xt::mean(xt::cast<double>(right))();
}

void learn(const char* name, auto& model, const std::vector<Review>& from, const Vocabulary& ids, int steps) {
  nn::AdamW optimizer(model.parameters(), {.lr = 1e-3});
  fmt::print("{}, {} parameters\n", name, model.parameter_count());
  for (int step = 0; step <= steps; ++step) {
    std::vector<Review> drawn;
    for (int i = 0; i < 64; ++i) drawn.push_back(pick(from));
    const Batch batch = batch_of(drawn, ids);
    const Tensor loss = cross_entropy(model(batch), batch.praise);
    model.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 100 == 0) fmt::print("  step {:4}  loss {:.3f}\n", step, loss.item());
  }
}

/// What [CLS] reads in each head of each block.
std::string attention_of_cls(const EncoderClassifier& model, const std::string& text, const Vocabulary& ids) {
  const Indices row = encode(text, ids).reshape({1, -1});                           // (1, T)
  const Tensor weights = stack(model.encoder.attention_weights(model.embed(row)));  // (2, 1, H, T, T)
  return plot::heat_map({.title = "What [CLS] reads",
                         .columns = words_of(text),
                         .rows = {"head 1", "head 2", "head 3", "head 4"},
                         .names = {"in block 1", "in block 2"}},
                        view(weights, xt::all(), 0, xt::all(), 0));  // (2, H, T)
}

/// Never trained on; the last two have the same words.
const std::vector<Review> examples = {
    {"the soup was not bad at all", true},
    {"the waiter was not good at all", false},
    {"we loved the garden but the room was awful", false},
    {"we hated the garden but the room was lovely", true},
    {"although the guide was dull the view was great", true},
    {"the guide was dull although the view was great", false},
};

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  manual_seed(1337);

  // All reviews differ, and every fifth is held out.
  std::vector<Review> reviews, held_out;
  std::set<std::string> seen;
  for (const Review& example : examples) seen.insert(example.text);
  while (reviews.size() + held_out.size() < 2000)
    if (const Review next = review(); seen.insert(next.text).second)
      (held_out.size() < reviews.size() / 4 ? held_out : reviews).push_back(next);
  std::map<std::string, std::vector<Review>> kinds = {{"all", held_out}};
  for (const Review& held : held_out) kinds[kind_of(held)].push_back(held);

  Vocabulary vocabulary;
  for (const Review& next : reviews)
    for (const std::string& word : words_of(next.text)) vocabulary.try_emplace(word, 1 + vocabulary.size());
  const index_t V = 1 + static_cast<index_t>(vocabulary.size());
  EncoderClassifier encoder(V);
  BagOfWords bag(V, 740);
  const int steps = lesson.is_short() ? 500 : 1000;
  learn("encoder", encoder, reviews, vocabulary, steps);
  learn("bag of words", bag, reviews, vocabulary, steps);

  fmt::print("\n{} held-out reviews   bag of words   encoder   are judged right\n", held_out.size());
  std::vector<plot::Bar> bars;
  for (const std::string kind : {"one clause", "one, denied", "two clauses", "all"}) {
    const Batch batch = batch_of(kinds[kind], vocabulary);
    const double by_bag = accuracy(bag, batch), by_encoder = accuracy(encoder, batch);
    bars.insert(bars.end(), {{kind + ": bag of words", by_bag}, {kind + ": encoder", by_encoder}});
    fmt::print("{:>4} {:<16}{:>12.3f}{:>10.3f}\n", kinds[kind].size(), kind, by_bag, by_encoder);
  }

  fmt::print("\nprobability of praise  bag of words   encoder\n");
  const Batch batch = batch_of(examples, vocabulary);  // (6, T), the shorter ones padded
  const Tensor by_bag = praise(bag, batch), by_encoder = praise(encoder, batch);
  for (index_t i = 0; i < 6; ++i)
    fmt::print("{:33.3f}{:10.3f}   {}\n", by_bag.at({i}), by_encoder.at({i}), examples.begin()[i].text);

  fmt::print("\n");
  const double alone = praise(encoder, batch_of({examples[0]}, vocabulary)).item();
  lesson.claim("padding changes the first answer by", std::abs(alone - by_encoder.at({0})), at_most(1e-5));
  lesson.claim("encoder, right on all", bars[7].value, at_least(lesson.is_short() ? 0.9 : 0.98));
  lesson.claim("bag of words, right on two clauses", bars[4].value, at_most(0.65));
  const auto change = [](const Tensor& p) { return std::abs(p.at({4}) - p.at({5})); };
  lesson.claim("bag of words, another order changes", change(by_bag), at_most(1e-5));
  lesson.claim("encoder, another order changes", change(by_encoder), at_least(0.8));

  encoder.eval();
  lesson.picture("08_although_first", attention_of_cls(encoder, examples[4].text, vocabulary));
  lesson.picture("08_although_later", attention_of_cls(encoder, examples[5].text, vocabulary));
  lesson.picture("08_accuracy", plot::bars({.title = "Held-out reviews that are judged right"}, bars));
  return lesson.result();
}
