// gpt tokenize: text to token ids and back.
#include "commands.hpp"
#include "data.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace {

using namespace xtape;

struct TokenizeOptions {
  std::string data, tokenizer, out;
};

/// Text becomes a token file, or ids on the terminal; a token file becomes text.
void tokenize(const TokenizeOptions& o) {
  const auto tokenizer = nn::load_tokenizer(o.tokenizer);
  const nn::Tokens tokens = load_file(o.data, tokenizer);
  if (!o.out.empty()) {
    nn::save_tokens(o.out, tokens, tokenizer.vocab_size());
    fmt::print("{} tokens in {}\n", tokens.size(), o.out);
    return;
  }
  const Indices ids = tokens.to_indices();
  const auto text = o.data.ends_with(".bin")
                        ? tokenizer.decode(ids)
                        : fmt::format("{}\n", fmt::join(ids.data(), ids.data() + ids.size(), " "));
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_tokenize(CLI::App& app) {
  const auto o = std::make_shared<TokenizeOptions>();
  auto* command = app.add_subcommand("tokenize", "Turn a text into token ids, or a token file into text");
  command->add_option("file", o->data, "A UTF-8 text, or token file NAME.bin")->required();
  command->add_option("--tokenizer", o->tokenizer, "A tokenizer.json, or the folder of one")->required();
  command->add_option("--out", o->out, "Write a token file, for gpt train --data; its name ends in .bin");
  command->callback([o] { tokenize(*o); });
}
