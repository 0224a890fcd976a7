// gpt chat: questions from the terminal, answers from a model.
#include "commands.hpp"
#include "sampling.hpp"

#include <unistd.h>

#include <cstdio>
#include <deque>
#include <iostream>
#include <memory>

namespace {

using namespace xtape;

/// What was said: lines of questions and answers in turn, as the model was taught.
class Conversation {
 public:
  explicit Conversation(TextWriter& writer) : writer_(writer) {}

  /// Shows the answer while it is written. Of what was said before, the model reads the last turns that fit
  /// into a half of its block, which leaves the other to the answer.
  void ask(const std::string& question) {
    const std::string asked = question + "\n";
    while (!turns_.empty() && length(told() + asked) > writer_.block_size() / 2) turns_.pop_front();
    const auto answer = writer_.write({told() + asked}, [](auto, std::string_view text) { show(text); });
    turns_.push_back(asked + answer.front().text + "\n");
  }

 private:
  std::string told() const {
    std::string text;
    for (const std::string& turn : turns_) text += turn;
    return text;
  }
  index_t length(const std::string& text) const { return writer_.tokenizer().encode(text).size(); }

  TextWriter& writer_;
  std::deque<std::string> turns_;
};

/// Answers each line of the standard input with a line, up to its end.
void chat(const Sampling& sampling) {
  TextWriter writer(sampling);
  Conversation conversation(writer);
  const bool terminal = isatty(STDIN_FILENO) != 0;
  std::string question;
  while (show(terminal ? "> " : ""), std::getline(std::cin, question)) {
    if (question.empty()) continue;
    try {
      conversation.ask(question);
    } catch (const ValueError& error) {  // a character that the model never met
      std::fprintf(stderr, "%s", error.what());
    }
    show("\n");
  }
}

}  // namespace

void add_chat(CLI::App& app) {
  const auto sampling = std::make_shared<Sampling>(
      Sampling{.options = {.max_new_tokens = 200, .temperature = 0.3, .stop_strings = {"\n"}}});
  auto* command = app.add_subcommand(
      "chat", "Ask a model that was trained on lines of questions and answers in turn; end with Ctrl-D");
  add_sampling(*command, *sampling);
  command->callback([sampling] { chat(*sampling); });
}
