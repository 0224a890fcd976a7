// gpt info: what is in a file.
#include "commands.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <fstream>
#include <memory>

#include <xtape/xtape.hpp>

namespace {

using namespace xtape;

constexpr std::size_t shown_of_text = 60;

/// One line of a text, cut where it is long.
std::string shown(std::string text) {
  const auto size = text.size();
  text = text.substr(0, shown_of_text);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
  return size > shown_of_text ? fmt::format("{}... ({} bytes)", text, size) : text;
}

void show_tokenizer(const std::string& path) {
  const auto tokenizer = nn::load_tokenizer(path);
  const auto* bpe = tokenizer.get_if<nn::BpeTokenizer>();
  fmt::print("tokenizer: {} of {} tokens\n", bpe ? "byte-level BPE" : "characters", tokenizer.vocab_size());
  if (!bpe) return;
  const auto& [tokens, merges, added] = bpe->vocabulary();
  fmt::print("{} merges\n", merges.size());
  for (const auto& token : added)
    fmt::print("added token {}: {}\n", token.id, shown(tokenizer.decode(token.id)));
}

void show_array(const std::string& name, const nn::AnyArray& x) {
  fmt::print("{:<50} {:<8} {}\n", name, nn::dtype_name(x), to_string(nn::shape_of(x)));
}

void show_arrays(const nn::StateDict& arrays) {
  index_t elements = 0;
  for (const auto& [name, x] : arrays) {
    show_array(name, x);
    elements += element_count(nn::shape_of(x));
  }
  fmt::print("{} arrays, {} elements\n", arrays.size(), elements);
}

void show_safetensors(const std::string& path) {
  const auto file = nn::load_safetensors(path);
  show_arrays(file.tensors);
  for (const auto& [name, text] : file.metadata) fmt::print("{}: {}\n", name, shown(text));
}

/// A tokenizer is JSON, and the file's ending tells the others.
void show(const std::string& path) {
  if (std::ifstream(path).peek() == '{')
    show_tokenizer(path);
  else if (path.ends_with(".npz"))
    show_arrays(nn::load_npz(path));
  else if (path.ends_with(".npy"))
    show_array("array", nn::load_npy(path));
  else
    show_safetensors(path);
}

}  // namespace

void add_info(CLI::App& app) {
  const auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("info", "Say what a file holds: arrays, or a tokenizer");
  command->add_option("file", *path, "A .safetensors file, .npy, .npz or tokenizer.json")->required();
  command->callback([path] { show(*path); });
}
