// GPT-2's vocab.json and merges.txt.
#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_json_impl.hpp>

namespace xtape::nn::bpe {

Names parse_vocab_json(std::string_view text) {
  const Json vocab = parse_json(text);
  if (!vocab.is_object()) fail("it is {}, not an object of names with ids", described(vocab));
  return parse_names(vocab);
}

Merges parse_merges_txt(std::string_view text, const Names& names) {
  Merges merges;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto merge = text.substr(0, end);
    if (!merge.starts_with("#version"))
      merges.push_back(parse_merge(merge, names, fmt::format("line {}", line)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return merges;
}

std::string print_vocab_json(const BpeVocabulary& vocabulary) { return print(print_names(vocabulary)); }

std::string print_merges_txt(const BpeVocabulary& vocabulary) {
  std::string text = "#version: 0.2\n";
  for (const auto& merge : print_merges(vocabulary)) text += merge + '\n';
  return text;
}

}  // namespace xtape::nn::bpe
