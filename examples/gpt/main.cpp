// gpt: trains a small GPT on a text, measures it, and lets it write.
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  CLI::App app("Train a small GPT on a text, measure it, and let it write.");
  app.require_subcommand(1);
  add_train(app);
  add_eval(app);
  add_sample(app);
  add_chat(app);
  add_tokenize(app);
  add_info(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpt: %s\n", error.what());
    return 2;
  }
}
