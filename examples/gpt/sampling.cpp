// What gpt sample and gpt chat have in common.
#include "sampling.hpp"

#include <cstdio>

using namespace xtape;

namespace {

/// The end of a text, and the like.
std::vector<std::int64_t> special_tokens(const nn::Tokenizer& tokenizer) {
  std::vector<std::int64_t> ids;
  if (const auto* bpe = tokenizer.get_if<nn::BpeTokenizer>())
    for (const nn::AddedToken& token : bpe->vocabulary().added_tokens)
      if (token.special) ids.push_back(token.id);
  return ids;
}

}  // namespace

void add_sampling(CLI::App& command, Sampling& s) {
  auto& o = s.options;
  command.add_option("--out", s.out, "Folder of the model: of gpt train, or as GPT-2 is published")
      ->capture_default_str();
  command.add_option("--max-new-tokens", o.max_new_tokens, "Tokens to write")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--temperature", o.temperature, "Below 1 bolder, above 1 wilder; 0: always the likeliest")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_option("--top-k", o.top_k, "Choose among the k likeliest; default: all")
      ->check(CLI::PositiveNumber);
  command.add_option("--top-p", o.top_p, "Choose among the likeliest that have this probability together")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--min-p", o.min_p, "Choose among those at least this part as likely as the likeliest")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--repetition-penalty", o.repetition_penalty, "Above 1: less of what was said already")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--stop", o.stop_strings, "End before this text; may be given several times");
  command.add_flag("--int8", s.int8, "Round weights to bytes: faster, and nearly as good");
  command.add_option("--seed", s.seed, "Of the choices")->capture_default_str();
}

TextWriter::TextWriter(const Sampling& s)
    : model_(load_model(s.out)),
      decoder_(model_.model, {.int8 = s.int8}),
      generator_(s.seed),
      options_(s.options) {
  options_.generator = &generator_;
  options_.stop_tokens = special_tokens(tokenizer());
  options_.decode = [this](std::int64_t id) {  // a model may have more tokens than its tokenizer
    return id < tokenizer().vocab_size() ? tokenizer().decode(id) : std::string();
  };
}

std::vector<nn::Generated> TextWriter::write(const std::vector<std::string>& prompts,
                                             std::function<void(index_t, std::string_view)> on_text) {
  std::vector<Indices> ids;
  for (const std::string& prompt : prompts) {
    ids.push_back(tokenizer().encode(prompt));
    if (ids.back().size() == 0) throw ValueError("the prompt is empty; give at least one character");
  }
  options_.on_text = std::move(on_text);
  return nn::generate_batch(decoder_, ids, options_);
}

void show(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}
