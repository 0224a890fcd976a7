// From files to tokens.
#include "data.hpp"

#include "support/built_in_text.hpp"

#include <fmt/format.h>

using namespace xtape;

namespace {

bool is_token_file(const std::string& path) { return path.ends_with(".bin"); }

/// Where the last tenth of a text begins: at a character, not inside of one.
std::size_t last_tenth(std::string_view text) {
  std::size_t begin = text.size() / 10 * 9 + text.size() % 10 * 9 / 10;
  while (begin > 0 && begin < text.size() && (text[begin] & 0xC0) == 0x80) --begin;
  return begin;
}

/// Characters are those of both texts; what bpe learns comes from the part to train on.
nn::Tokenizer make_tokenizer(const TrainOptions& o, const std::string& train, const std::string& val) {
  if (o.tokenizer == "char") return nn::CharTokenizer(train + val);
  if (o.tokenizer == "bpe") return nn::train_bpe(train, {.vocab_size = o.vocab_size});
  return nn::load_tokenizer(o.tokenizer);
}

Data load_texts(const TrainOptions& o, const std::optional<nn::Tokenizer>& resumed) {
  std::string train = o.data.empty() ? std::string(built_in_text) : nn::read_text(o.data), val;
  if (train.empty()) throw ValueError(fmt::format("{} is empty; there is nothing to learn from", o.data));
  if (o.val_data.empty()) {
    val = train.substr(last_tenth(train));
    train.resize(train.size() - val.size());
  } else if (!is_token_file(o.val_data)) {
    val = nn::read_text(o.val_data);
  }
  const auto tokenizer = resumed ? *resumed : make_tokenizer(o, train, val);
  return {tokenizer, tokenizer.encode(train),
          is_token_file(o.val_data) ? load_file(o.val_data, tokenizer) : tokenizer.encode(val)};
}

Data load_tokens(const TrainOptions& o, const std::optional<nn::Tokenizer>& resumed) {
  const auto tokenizer = resumed ? *resumed : nn::load_tokenizer(o.tokenizer);
  const auto tokens = load_file(o.data, tokenizer);
  if (!o.val_data.empty()) return {tokenizer, tokens, load_file(o.val_data, tokenizer)};
  const auto [train, val] = tokens.split(0.9);
  return {tokenizer, train, val};
}

}  // namespace

nn::Tokens load_file(const std::string& path, const nn::Tokenizer& tokenizer) {
  if (is_token_file(path)) return nn::load_tokens(path, tokenizer.vocab_size());
  return tokenizer.encode(nn::read_text(path));
}

Data load_data(const TrainOptions& o, const std::optional<nn::Tokenizer>& resumed) {
  auto data = is_token_file(o.data) ? load_tokens(o, resumed) : load_texts(o, resumed);
  const index_t shorter = std::min(data.train.size(), data.val.size());
  if (shorter <= o.block_size)
    throw ValueError(fmt::format(
        "there are {} tokens to train on and {} to validate on; a block of {} needs {} of each; choose a "
        "smaller --block-size or a longer text",
        data.train.size(), data.val.size(), o.block_size, o.block_size + 1));
  return data;
}
