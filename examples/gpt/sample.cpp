// gpt sample: model to text.
#include "commands.hpp"
#include "model_file.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace {

using namespace xtape;

struct Options {
  std::string out = "out", prompt = "\n";
  std::int64_t max_new_tokens = 500, top_k = 0;  // top_k 0: all tokens
  double temperature = 0.8;
  std::uint64_t seed = 1337;
};

/// Continues the prompt with the model in the folder `out`, token by token.
void sample(const Options& o) {
  const auto [model, tokenizer] = load_model(o.out);
  const Indices prompt = tokenizer.encode(o.prompt);
  if (prompt.size() == 0) throw ValueError("the prompt is empty; give at least one character");
  Generator generator(o.seed);
  const auto show = [](const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  };

  show(o.prompt);
  nn::generate(model, prompt,
               {.max_new_tokens = o.max_new_tokens,
                .temperature = o.temperature,
                .top_k = o.top_k > 0 ? std::optional(o.top_k) : std::nullopt,
                .generator = &generator,
                .on_token = [&](std::int64_t id) {
                  show(tokenizer.decode(id));
                  return true;
                }});
  show("\n");
}

}  // namespace

void add_sample(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("sample", "Let a trained model write");
  command->add_option("--out", o->out, "Folder of the model: of gpt train, or as GPT-2 is published")
      ->capture_default_str();
  command->add_option("--prompt", o->prompt, "Text to continue; default: a new line");
  command->add_option("--max-new-tokens", o->max_new_tokens, "Tokens to write")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--temperature", o->temperature, "Below 1 bolder, above 1 wilder; 0: always the likeliest")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-k", o->top_k, "Choose among the k likeliest; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", o->seed, "Of the choices")->capture_default_str();
  command->callback([o] { sample(*o); });
}
