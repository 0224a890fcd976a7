// Tokenizers of any kind.
#include <xtape/nn/text/tokenizer.hpp>

namespace xtape::nn {

index_t Tokenizer::vocab_size() const {
  return std::visit([](const auto& tokenizer) { return tokenizer.vocab_size(); }, kind_);
}

Indices Tokenizer::encode(std::string_view text, const EncodeOptions& options, Here at) const {
  if (const auto* bpe = get_if<BpeTokenizer>()) return bpe->encode(text, options);
  return get_if<CharTokenizer>()->encode(text, at);
}

std::string Tokenizer::decode(const Indices& ids, Here at) const {
  return std::visit([&](const auto& tokenizer) { return tokenizer.decode(ids, at); }, kind_);
}

std::string Tokenizer::decode(std::int64_t id, Here at) const { return decode(Indices{id}, at); }

}  // namespace xtape::nn
