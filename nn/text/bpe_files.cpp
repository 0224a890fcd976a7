// Tokenizers from files and to files.
#include <xtape/nn/text/bpe_files.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/file_impl.hpp>
#include <xtape/nn/text/bpe_formats_impl.hpp>
#include <xtape/nn/text/bpe_tables_impl.hpp>

namespace xtape::nn {

namespace {

template <class F>
void write(const std::string& path, F print, Here at) {
  std::string text;
  try {
    text = print();
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("save_bpe: {}: {}", path, malformed.what()), at);
  }
  OutputFile file("save_bpe", path, at);
  file.write(text);
  file.commit();
}

std::vector<AddedToken> named(const std::vector<std::string>& special_tokens, const bpe::Names& names) {
  std::vector<AddedToken> added;
  for (const auto& name : special_tokens)
    added.push_back({.id = bpe::id_of(name, names, "special tokens"), .special = true});
  return added;
}

}  // namespace

BpeTokenizer load_bpe(const std::string& tokenizer_json, Here at) {
  const InputFile file("load_bpe", tokenizer_json, at);
  return reading(file, [&] {
    return BpeTokenizer(std::make_shared<const bpe::Tables>(bpe::parse_tokenizer_json(file.text())));
  });
}

BpeTokenizer load_bpe(const std::string& vocab_json, const std::string& merges_txt,
                      const std::vector<std::string>& special_tokens, Here at) {
  const InputFile vocab("load_bpe", vocab_json, at), list("load_bpe", merges_txt, at);
  const auto names = reading(vocab, [&] { return bpe::parse_vocab_json(vocab.text()); });
  auto merges = reading(list, [&] { return bpe::parse_merges_txt(list.text(), names); });
  auto vocabulary = reading(
      vocab, [&] { return bpe::make_vocabulary(names, named(special_tokens, names), std::move(merges)); });
  try {
    return BpeTokenizer(std::make_shared<const bpe::Tables>(std::move(vocabulary)));
  } catch (const Malformed& malformed) {
    raise<IoError>(fmt::format("load_bpe: {} with {}: {}", vocab_json, merges_txt, malformed.what()), at);
  }
}

void save_bpe(const BpeTokenizer& tokenizer, const std::string& tokenizer_json, Here at) {
  write(
      tokenizer_json, [&] { return bpe::print_tokenizer_json(tokenizer.vocabulary()); }, at);
}

void save_bpe(const BpeTokenizer& tokenizer, const std::string& vocab_json, const std::string& merges_txt,
              Here at) {
  write(
      vocab_json, [&] { return bpe::print_vocab_json(tokenizer.vocabulary()); }, at);
  write(
      merges_txt, [&] { return bpe::print_merges_txt(tokenizer.vocabulary()); }, at);
}

}  // namespace xtape::nn
