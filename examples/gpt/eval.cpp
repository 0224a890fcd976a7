// gpt eval: how well a model knows a text.
#include "commands.hpp"
#include "data.hpp"
#include "evaluate.hpp"
#include "model_file.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

namespace {

using namespace xtape;

struct EvalOptions {
  std::string out = "out", data;
  std::int64_t batch_size = 12;
};

/// Every byte that does not go on with a character begins one. A part at a time is text, however long the
/// file.
double characters_in(const nn::Tokens& tokens, const nn::Tokenizer& tokenizer) {
  constexpr index_t part = 1 << 16;
  std::ptrdiff_t count = 0;
  for (index_t begin = 0; begin < tokens.size(); begin += part) {
    const auto ids = tokens.slice(begin, std::min(begin + part, tokens.size())).to_indices();
    const auto text = tokenizer.decode(ids);
    count += std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; });
  }
  return static_cast<double>(count);
}

void evaluate(const EvalOptions& o) {
  auto [model, tokenizer] = load_model(o.out);
  const nn::Tokens tokens = load_file(o.data, tokenizer);
  if (tokens.size() < 2)
    throw ValueError(fmt::format("{} has no two tokens; there is nothing to guess", o.data));
  const double loss = whole_loss(model, tokens, o.batch_size);
  const index_t guessed = tokens.size() - 1;  // nothing comes before the first
  const double characters = characters_in(tokens.slice(1, tokens.size()), tokenizer);
  fmt::print("loss {:.4f} nats a token  perplexity {:.3f}  {:.4f} bits a character  ({} tokens)\n", loss,
             std::exp(loss), loss * static_cast<double>(guessed) / std::numbers::ln2 / characters, guessed);
}

}  // namespace

void add_eval(CLI::App& app) {
  const auto o = std::make_shared<EvalOptions>();
  auto* command = app.add_subcommand("eval", "Measure a trained model on a text");
  command->add_option("--out", o->out, "Folder of the model: of gpt train, or as GPT-2 is published")
      ->capture_default_str();
  command->add_option("--data", o->data, "A UTF-8 text, or token file NAME.bin")->required();
  command->add_option("--batch-size", o->batch_size, "Windows at a time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->callback([o] { evaluate(*o); });
}
