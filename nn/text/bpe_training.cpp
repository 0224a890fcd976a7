// From a text to a vocabulary.
#include <xtape/nn/text/bpe_training.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_trainer_impl.hpp>

namespace xtape::nn {

namespace {

constexpr std::size_t block_bytes = 1 << 22;  // how much text a thread counts at a time, about

BpeVocabulary only_special(const std::vector<std::string>& tokens) {
  BpeVocabulary vocabulary{tokens, {}, {}};
  for (std::size_t id = 0; id < tokens.size(); ++id)
    vocabulary.added_tokens.push_back({.id = static_cast<std::int64_t>(id), .special = true});
  return vocabulary;
}

bpe::PieceCounts count_pieces(std::string_view text, const BpeVocabulary& special, Here at) {
  try {
    return bpe::count_pieces(bpe::AddedTokens(special).cut(text, true, block_bytes));
  } catch (const Malformed& malformed) {
    raise<ValueError>(fmt::format("train_bpe: {}", malformed.what()), at);
  }
}

}  // namespace

BpeTokenizer train_bpe(std::string_view text, const BpeTraining& options, Here at) {
  const auto special = only_special(options.special_tokens);
  const auto pieces = count_pieces(text, special, at);
  const index_t merged_end = options.vocab_size - static_cast<index_t>(special.tokens.size());
  if (merged_end < 256)
    raise<ValueError>(fmt::format("train_bpe: vocab_size {} has no room for 256 bytes and {} special tokens",
                                  options.vocab_size, special.tokens.size()),
                      at);
  bpe::Trainer trainer(pieces);
  while (static_cast<index_t>(trainer.vocabulary().tokens.size()) < merged_end &&
         trainer.step(options.min_count)) {
  }
  BpeVocabulary vocabulary = trainer.vocabulary();
  for (const auto& token : special.tokens) {
    vocabulary.added_tokens.push_back(
        {.id = static_cast<std::int64_t>(vocabulary.tokens.size()), .special = true});
    vocabulary.tokens.push_back(token);
  }
  return BpeTokenizer(std::move(vocabulary), at);
}

}  // namespace xtape::nn
