// Text to ids and back.
#include <xtape/nn/text/bpe_tokenizer.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/nn/io/malformed_impl.hpp>
#include <xtape/nn/text/bpe_merger_impl.hpp>
#include <xtape/nn/text/bpe_split_impl.hpp>
#include <xtape/nn/text/bpe_tables_impl.hpp>

#include <algorithm>

namespace xtape::nn {

namespace {

constexpr std::size_t block_bytes = 1 << 18;  // how much text a thread encodes at a time, about

using Ids = std::vector<std::int64_t>;

void encode_part(const bpe::Part& part, const bpe::Tables& tables, Ids& ids) {
  bpe::Merger merger(tables);
  bpe::for_each_piece(part.text, [&](std::string_view piece) {
    if (const bpe::Id whole = tables.find_whole(piece); whole >= 0)
      ids.push_back(whole);
    else
      merger.merge(piece, ids);
  });
  if (part.added >= 0) ids.push_back(part.added);
}

Indices joined(const std::vector<Ids>& parts) {
  std::size_t n = 0;
  for (const auto& ids : parts) n += ids.size();
  auto y = uninitialized<std::int64_t>({static_cast<index_t>(n)});
  auto* out = y.data();
  for (const auto& ids : parts) out = std::copy(ids.begin(), ids.end(), out);
  return y;
}

}  // namespace

BpeTokenizer::BpeTokenizer(BpeVocabulary vocabulary, Here at) {
  try {
    tables_ = std::make_shared<bpe::Tables>(std::move(vocabulary));
  } catch (const Malformed& malformed) {
    raise<ValueError>(fmt::format("BpeTokenizer: {}", malformed.what()), at);
  }
}

const BpeVocabulary& BpeTokenizer::vocabulary() const { return tables_->vocabulary(); }

std::int64_t BpeTokenizer::added_token(std::string_view text, Here at) const {
  for (const auto& added : vocabulary().added_tokens)
    if (tables_->bytes(added.id) == text) return added.id;
  raise<ValueError>(fmt::format("BpeTokenizer: {} is none of the {} added tokens", shown(text),
                                vocabulary().added_tokens.size()),
                    at);
}

Indices BpeTokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const auto parts = tables_->added().cut(text, options.special_tokens, block_bytes);
  std::vector<Ids> ids(parts.size());
  parallel_for(static_cast<index_t>(parts.size()), 1, [&](index_t begin, index_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      encode_part(parts[i], *tables_, ids[i]);
  });
  return joined(ids);
}

std::string BpeTokenizer::decode(const Indices& ids, Here at) const {
  check_indices("BpeTokenizer", ids.data(), ids.size(), vocab_size(), at);
  std::string text;
  for (index_t i = 0; i < ids.size(); ++i) text += tables_->bytes(ids.data()[i]);
  return text;
}

std::string BpeTokenizer::decode(std::int64_t id, Here at) const { return decode(Indices{id}, at); }

}  // namespace xtape::nn
