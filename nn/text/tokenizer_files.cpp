// Tokenizers of any kind from files and to files.
#include <xtape/nn/text/tokenizer_files.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/text/bpe_files.hpp>
#include <xtape/nn/text/bpe_json_impl.hpp>
#include <xtape/nn/text/bpe_tables_impl.hpp>

namespace xtape::nn {

namespace {

constexpr const char* end_of_text = "<|endoftext|>";

/// The model's member "type", or null.
const Json& type_of(const Json& json) {
  const auto& model = member(json, "model");
  return member(model, "type");
}

CharTokenizer parse_characters(const Json& model) {
  const auto& list = member(model, "characters");
  if (!list.is_string()) fail("its characters are {}, not a text", described(list));
  const auto& text = list.get_ref<const std::string&>();
  CharTokenizer tokenizer(text);
  if (text.empty()) fail("it has no characters");
  if (tokenizer.vocabulary() != text)
    fail("its characters are not in the order of their code points, each once");
  return tokenizer;
}

/// Throws Malformed.
Tokenizer parse(std::string_view text) {
  const auto json = parse_json(text);
  if (type_of(json) == "Characters") return parse_characters(member(json, "model"));
  return BpeTokenizer(std::make_shared<const bpe::Tables>(bpe::parse_tokenizer_json(text)));
}

/// Throws Malformed.
std::string print(const Tokenizer& tokenizer) {
  if (const auto* bpe = tokenizer.get_if<BpeTokenizer>()) return bpe::print_tokenizer_json(bpe->vocabulary());
  const auto characters = tokenizer.get_if<CharTokenizer>()->vocabulary();
  return bpe::print({{"model", {{"type", "Characters"}, {"characters", characters}}}}, 2);
}

/// The file that holds the tokenizer of a folder, if it is one file.
std::string file_at(const std::string& path) { return is_folder(path) ? path + "/tokenizer.json" : path; }

/// GPT-2's two files. The end of a text is no token of all vocabularies.
BpeTokenizer load_pair(const std::string& folder, Here at) {
  const auto path = folder + "/vocab.json";
  const InputFile file("load_bpe", path, at);
  const bool ends = reading(file, [&] { return !member(parse_json(file.text()), end_of_text).is_null(); });
  return load_bpe(path, folder + "/merges.txt",
                  ends ? std::vector<std::string>{end_of_text} : std::vector<std::string>{}, at);
}

}  // namespace

Tokenizer load_tokenizer(const std::string& path, Here at) {
  if (exists(path + "/vocab.json") && !exists(path + "/tokenizer.json")) return load_pair(path, at);
  const InputFile file("load_tokenizer", file_at(path), at);
  return reading(file, [&] { return parse(file.text()); });
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& tokenizer_json, Here at) {
  const auto text = tokenizer_to_json(tokenizer, at);
  OutputFile file("save_tokenizer", tokenizer_json, at);
  file.write(text);
  file.commit();
}

std::string tokenizer_to_json(const Tokenizer& tokenizer, Here at) {
  try {
    return print(tokenizer);
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("tokenizer_to_json: {}", malformed.what()), at);
  }
}

Tokenizer tokenizer_from_json(std::string_view json, Here at) {
  try {
    return parse(json);
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("tokenizer_from_json: {}", malformed.what()), at);
  }
}

}  // namespace xtape::nn
