// Any bytes as a text: they come back, the merges are those of a plain loop, and training on them succeeds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <xtape/nn/text/bpe_split_impl.hpp>
#include <xtape/nn/text/bpe_training.hpp>

namespace {

using namespace xtape;
using Ids = std::vector<std::int64_t>;

const nn::BpeTokenizer tokenizer = nn::train_bpe(
    "the then there, I'll we're don't aaaa aaaaaaa  \n\n\t\t 1000 2000 == == \xc3\xa9\xc3\xa9 "
    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
    {.vocab_size = 330, .min_count = 1});

/// Looks through all neighbours before each merge.
void naive_merge(std::string_view piece, Ids& ids) {
  Ids symbols;
  for (const char byte : piece) symbols.push_back(tokenizer.encode({&byte, 1}).item());
  const auto& [tokens, merges, added] = tokenizer.vocabulary();
  while (true) {
    auto best = merges.end();
    std::size_t at = 0;
    for (std::size_t i = 1; i < symbols.size(); ++i)
      if (const auto found = std::find(merges.begin(), best, std::pair(symbols[i - 1], symbols[i]));
          found != best) {
        best = found;
        at = i;
      }
    if (best == merges.end()) break;
    const auto bytes = tokenizer.decode(best->first) + tokenizer.decode(best->second);
    symbols[at - 1] = std::find(tokens.begin(), tokens.end(), bytes) - tokens.begin();
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at));
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto ids = tokenizer.encode(text);
  check(tokenizer.decode(ids) == text);
  check(tokenizer.decode(tokenizer.encode(text, {.special_tokens = true})) == text);
  if (size > 2000) return 0;
  Ids naive;
  nn::bpe::for_each_piece(text, [&](std::string_view piece) { naive_merge(piece, naive); });
  check(std::equal(naive.begin(), naive.end(), ids.data(), ids.data() + ids.size()));
  const auto learned = nn::train_bpe(text, {.vocab_size = 300, .min_count = 1});
  check(learned.decode(learned.encode(text)) == text);
  return 0;
}
