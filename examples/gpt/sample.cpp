// gpt sample: model to text.
#include "commands.hpp"
#include "sampling.hpp"

#include <memory>

namespace {

struct SampleOptions {
  Sampling sampling = {.options = {.max_new_tokens = 500, .temperature = 0.8}};
  std::vector<std::string> prompts = {"\n"};
};

/// Continues the prompts: one while it is written, several together, and then one after the other.
void sample(const SampleOptions& o) {
  TextWriter writer(o.sampling);
  if (o.prompts.size() == 1) {
    show(o.prompts[0]);
    writer.write(o.prompts, [](auto, std::string_view text) { show(text); });
    show("\n");
    return;
  }
  const auto texts = writer.write(o.prompts);
  for (std::size_t i = 0; i < texts.size(); ++i) show(o.prompts[i] + texts[i].text + "\n\n");
}

}  // namespace

void add_sample(CLI::App& app) {
  const auto o = std::make_shared<SampleOptions>();
  auto* command = app.add_subcommand("sample", "Let a trained model write");
  command->add_option("--prompt", o->prompts,
                      "Text to continue; default: a new line. Several are continued together");
  add_sampling(*command, o->sampling);
  command->callback([o] { sample(*o); });
}
