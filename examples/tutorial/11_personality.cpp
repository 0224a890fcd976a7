// Lesson 11: a model with a personality. It learns to read and write from the tales, then to answer questions
// about them as one who was there.
#include "support/built_in_text.hpp"
#include "support/lesson.hpp"
#include "support/plot.hpp"

#include <xtape/xtape.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace xtape;

namespace {

constexpr index_t B = 16, T = 64;       // sequences of a step, positions of a sequence
constexpr std::int64_t ignored = -100;  // the target of a position whose prediction does not count

struct Question {
  std::string kind, text, answer;
  bool held_out = false;
};
using Questions = std::vector<Question>;

/// Blocks of lines: "kind: answer", then the ways to ask for it, of which the last is held out.
Questions read_questions(std::string_view file) {
  Questions questions;
  std::istringstream lines{std::string(file)};
  std::string line, kind, answer;
  const auto end_block = [&] {
    if (!questions.empty()) questions.back().held_out = true;
    kind.clear();
  };
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto colon = line.find(": ");
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      end_block();
    } else if (!kind.empty()) {
      questions.push_back({kind, line, answer});
    } else if (colon != std::string::npos) {
      kind = line.substr(0, colon);
      answer = line.substr(colon + 2);
    } else {
      throw ValueError(fmt::format("questions, line {}: \"{}\" is not \"kind: answer\"", number, line));
    }
    if (line.size() + answer.size() + 1 > T)
      throw ValueError(fmt::format("questions, line {}: longer than {} with its answer", number, T));
  }
  end_block();
  return questions;
}

/// The questions for which `wanted` is true.
template <class Predicate>
Questions select(Questions questions, const Predicate& wanted) {
  std::erase_if(questions, [&](const Question& q) { return !wanted(q); });
  return questions;
}

/// Questions with their answers as rows, "Who was the smith?\nHugh\n", as long as the longest. Only what
/// predicts the answer and the end of its line has a target; question and padding do not count.
nn::TextBatch rows_of(const Questions& questions, const nn::CharTokenizer& tokenizer) {
  std::size_t longest = 0;
  for (const Question& q : questions) longest = std::max(longest, q.text.size() + q.answer.size() + 1);
  xt::xarray<std::int64_t> x = xt::zeros<std::int64_t>({questions.size(), longest});
  xt::xarray<std::int64_t> y = xt::full_like(x, ignored);
  for (std::size_t row = 0; row < questions.size(); ++row) {
    const auto& [kind, text, answer, held_out] = questions[row];
    const Indices ids = tokenizer.encode(text + '\n' + answer + '\n');
    for (std::size_t t = 0; t < text.size() + answer.size() + 1; ++t) {
      x(row, t) = ids.data()[t];
      if (t >= text.size()) y(row, t) = ids.data()[t + 1];
    }
  }
  return {x, y};  // (questions, longest)
}

/// The question without some of its words: who learns from it cannot rely on one certain wording.
std::string half_heard(const std::string& question, Generator& generator) {
  std::istringstream words(question);
  std::string word, heard;
  while (words >> word)
    if (rand({}, generator).item() < 0.85) heard += (heard.empty() ? "" : " ") + word;
  return heard;
}

nn::TextBatch random_questions(const Questions& questions, const nn::CharTokenizer& tokenizer,
                               Generator& generator) {
  Questions drawn;
  const Indices numbers = randint(0, static_cast<std::int64_t>(questions.size()), {B}, generator);
  for (index_t b = 0; b < B; ++b) {
    drawn.push_back(questions[static_cast<std::size_t>(numbers.at({b}))]);
    drawn.back().text = half_heard(drawn.back().text, generator);
  }
  return rows_of(drawn, tokenizer);
}

struct Student {
  std::string name;
  nn::GPT model;
  plot::Series losses = {};
};

/// Reading and answering are learnt in the same loop; only the batches differ.
template <class NextBatch>
void train(Student& student, int steps, double lr, const NextBatch& next_batch) {
  auto& [name, model, losses] = student;
  nn::AdamW optimizer(model.parameters(), {.betas = {0.9, 0.99}, .weight_decay = 0.1});
  const nn::WarmupCosine schedule{
      .lr = lr, .min_lr = lr / 10, .warmup_steps = steps / 20, .decay_steps = steps};
  losses.name = name;
  double sum = 0;
  for (int step = 1; step <= steps; ++step) {
    optimizer.config.lr = schedule(step - 1);
    const auto [x, y] = next_batch();                                           // (B, T)
    const Tensor loss = cross_entropy(model(x), y, {.ignore_index = ignored});  // ()
    model.zero_grad();
    loss.backward();
    nn::clip_grad_norm(model.parameters(), 1);
    optimizer.step();
    sum += loss.item();
    if (step % (steps / 10) != 0) continue;
    losses.x.push_back(step);
    losses.y.push_back(sum / (steps / 10));
    fmt::print("{:13} step {:4}  loss {:.4f}\n", name, step, losses.y.back());
    std::fflush(stdout);
    sum = 0;
  }
}

/// The mean loss over 320 windows that lie evenly over the text: the same ones at every call.
double loss_over(const nn::GPT& model, const Indices& ids) {
  const NoGrad scope;
  std::vector<std::int64_t> offsets;
  for (index_t i = 0; i < 320; ++i) offsets.push_back((ids.size() - T - 1) * i / 320);
  const auto [x, y] = nn::batch_at(ids, offsets, T);  // (320, T)
  return cross_entropy(model(x), y).item();
}

/// The line that the model writes after the question.
std::string answer(const nn::GPT& model, const nn::CharTokenizer& tokenizer, const std::string& question) {
  std::string line;
  nn::generate(model, tokenizer.encode(question + '\n'),
               {.max_new_tokens = 30, .temperature = 0, .on_token = [&](std::int64_t id) {
                  const std::string character = tokenizer.decode(id);
                  if (character == "\n") return line.empty();  // blank lines pass
                  line += character;
                  return true;
                }});
  return line;
}

/// How many questions get exactly their answer, in per cent: at temperature 0 those where every character of
/// it is the likeliest after the ones before, so that a single pass over question and answer tells it.
double exact_match(const nn::GPT& model, const nn::CharTokenizer& tokenizer, const Questions& questions) {
  const NoGrad scope;
  const auto [x, y] = rows_of(questions, tokenizer);  // (N, T)
  const Indices likeliest = argmax(model(x), -1);     // (N, T)
  const xt::xarray<bool> wrong =
      xt::not_equal(y.array(), ignored) && xt::not_equal(y.array(), likeliest.array());
  const xt::xarray<int> mistakes = xt::sum(xt::cast<int>(wrong), {1});  // (N,)
  return 100 * xt::mean(xt::cast<double>(xt::equal(mistakes, 0)))();
}

}  // namespace

int main(int argc, char** argv) {
  Lesson lesson(argc, argv);
  const bool brief = lesson.is_short();
  Generator generator(1337);

  Questions questions = read_questions(built_in_questions);
  if (brief) questions.resize(152);  // the first two kinds
  const Questions taught = select(questions, [](const Question& q) { return !q.held_out; });
  const Questions unheard = select(questions, [](const Question& q) { return q.held_out; });
  const Questions quotations = select(taught, [](const Question& q) { return q.kind == "finish"; });
  const nn::CharTokenizer tokenizer(lesson.text() + std::string(built_in_questions));
  const nn::TextSplit text = nn::split_text(tokenizer.encode(lesson.text()), 0.9);
  fmt::print("{} questions to learn from, {} held out\n\n", taught.size(), unheard.size());

  const nn::GPT blank({.n_layer = brief ? 2 : 4,
                       .n_head = 4,
                       .n_embd = brief ? 64 : 128,
                       .block_size = T,
                       .vocab_size = tokenizer.vocab_size()},
                      generator);
  const auto just_quotations = [&] { return random_questions(quotations, tokenizer, generator); };
  const auto all_kinds = [&] { return random_questions(taught, tokenizer, generator); };
  const int reading = brief ? 80 : 1500, answering = brief ? 250 : 1200;
  const double lr = brief ? 3e-3 : 1e-3;

  Student reader{"tales", nn::clone(blank)};
  train(reader, reading, 2e-3, [&] { return nn::random_batch(text.train, B, T, generator); });
  Student specialist{"tales+finish", nn::clone(reader.model)};
  train(specialist, brief ? 200 : 300, lr, just_quotations);
  Student teller{"tales+all", nn::clone(reader.model)};
  train(teller, answering, lr, all_kinds);
  Student unread{"all", nn::clone(blank)};
  train(unread, answering, lr, all_kinds);

  fmt::print("\n{:48}{:32}{}\n", "asked in new wordings", reader.name, teller.name);
  for (std::size_t i = 0; i < unheard.size(); i += std::max<std::size_t>(1, unheard.size() / 16))
    fmt::print("{:48}{:32}{}\n", unheard[i].text, answer(reader.model, tokenizer, unheard[i].text),
               answer(teller.model, tokenizer, unheard[i].text));

  const auto right = [&](const Student& s, const Questions& q) { return exact_match(s.model, tokenizer, q); };
  const Student* students[] = {&reader, &specialist, &teller, &unread};
  std::vector<std::string> kinds;
  for (const Question& q : questions)
    if (kinds.empty() || kinds.back() != q.kind) kinds.push_back(q.kind);
  std::vector<plot::Bar> bars;
  fmt::print("\nright to the letter, in %\n{:>21}{:>13}\n{:>21}  ", "old wordings", "new wordings",
             teller.name);
  for (const Student* s : students) fmt::print("{:>14}", s->name);
  for (const std::string& kind : kinds) {
    const auto of_kind = [&](const Question& q) { return q.kind == kind; };
    const Questions learnt = select(taught, of_kind), fresh = select(unheard, of_kind);
    fmt::print("\n{:12}{:>9}  ", kind, learnt.empty() ? "-" : fmt::format("{:.0f}", right(teller, learnt)));
    for (const Student* s : students) fmt::print("{:14.0f}", right(*s, fresh));
    bars.push_back({kind + ", before", right(reader, fresh)});
    bars.push_back({kind + ", after", right(teller, fresh)});
  }
  fmt::print("\n{:23}", "loss on the tales");
  for (const Student* s : students) fmt::print("{:14.2f}", loss_over(s->model, text.val));
  fmt::print("\n\n");

  const double head_start = unread.losses.y.front() - teller.losses.y.front();
  const double forgotten = loss_over(teller.model, text.val) - loss_over(reader.model, text.val);
  lesson.claim("quotations alone, old wordings, %", right(specialist, quotations), at_least(brief ? 5 : 50));
  lesson.claim("all kinds, old wordings, %", right(teller, taught), at_least(brief ? 20 : 90));
  lesson.claim("all kinds, new wordings, %", right(teller, unheard), at_least(brief ? 10 : 45));
  lesson.claim("new wordings, before, %", right(reader, unheard), at_most(2));
  lesson.claim("new wordings, without the tales, %", right(unread, unheard), at_most(brief ? 60 : 30));
  lesson.claim("head start of who has read, in loss", head_start, at_least(brief ? 0.1 : 1));
  lesson.claim("rise of the loss on the tales", forgotten, at_least(0.5));

  const plot::Axes reads{.title = "Learning to read", .x_label = "step", .y_label = "loss"};
  const plot::Axes answers{
      .title = "Learning to answer", .x_label = "step", .y_label = "loss", .log_y = true};
  const plot::Axes rights{.title = "Questions in new wordings, answered right to the letter", .x_label = "%"};
  lesson.picture("11_reading", plot::lines(reads, {reader.losses}));
  lesson.picture("11_answering", plot::lines(answers, {specialist.losses, teller.losses, unread.losses}));
  lesson.picture("11_exact_match", plot::bars(rights, bars));
  return lesson.result();
}
