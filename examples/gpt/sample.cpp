// gpt sample: model to text.
#include "checkpoint.hpp"
#include "options.hpp"

#include <xtape/xtape.hpp>

#include <cstdio>

void sample(const SampleOptions& o) {
  using namespace xtape;
  auto [model, tokenizer] = load_checkpoint(o.out);
  const Indices prompt = tokenizer.encode(o.prompt);
  if (prompt.size() == 0) throw ValueError("the prompt is empty; give at least one character");
  Generator generator(o.seed);
  const auto show = [](const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  };

  show(o.prompt);
  model.eval();
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
