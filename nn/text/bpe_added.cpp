// Where the leftmost and longest of the added tokens cut a text.
#include <xtape/nn/text/bpe_added_impl.hpp>

#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_split_impl.hpp>

#include <algorithm>

namespace xtape::nn::bpe {

AddedTokens::AddedTokens(const BpeVocabulary& vocabulary) {
  const auto& tokens = vocabulary.tokens;
  std::unordered_set<std::string_view> texts;
  for (const auto& [id, special] : vocabulary.added_tokens) {
    if (id < 0 || id >= static_cast<std::int64_t>(tokens.size()))
      fail("an added token has the id {}; there are {} tokens", id, tokens.size());
    const std::string_view text = tokens[static_cast<std::size_t>(id)];
    if (text.empty()) fail("the added token of id {} is empty", id);
    if (!ids_.insert(id).second || !texts.insert(text).second)
      fail("the added token {} stands twice", shown(text));
    by_first_byte_[static_cast<unsigned char>(text[0])].push_back({text, id, special});
  }
  for (auto& entries : by_first_byte_)
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.text.size() > b.text.size(); });
}

std::vector<Part> AddedTokens::cut(std::string_view text, bool special, std::size_t block) const {
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto found = find(text, begin, special);
    auto rest = text.substr(begin, found.begin - begin);
    while (rest.size() > block) {
      const std::size_t length = cut_length(rest, block);
      parts.push_back({rest.substr(0, length), -1});
      rest.remove_prefix(length);
    }
    parts.push_back({rest, found.id});
    begin = found.begin + found.length;
  }
  return parts;
}

AddedTokens::Found AddedTokens::find(std::string_view text, std::size_t from, bool special) const {
  for (std::size_t i = from; i < text.size() && !ids_.empty(); ++i)
    for (const auto& entry : by_first_byte_[static_cast<unsigned char>(text[i])])
      if ((special || !entry.special) && text.substr(i).starts_with(entry.text))
        return {i, entry.text.size(), entry.id};
  return {text.size(), 0, -1};
}

}  // namespace xtape::nn::bpe
