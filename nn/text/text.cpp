// Files, splits and batches of text.
#include <xtape/nn/text/text.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/io/file_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape::nn {

namespace {

Indices copied(const std::int64_t* begin, index_t count) {
  auto y = uninitialized<std::int64_t>({count});
  std::copy_n(begin, count, y.data());
  return y;
}

void check_sizes(const char* op, const Tokens& tokens, index_t batch_size, index_t block_size, Here at) {
  if (batch_size < 1 || block_size < 1)
    raise<ValueError>(
        fmt::format("{}: batch_size {} and block_size {} must be 1 or more", op, batch_size, block_size), at);
  if (tokens.size() <= block_size)
    raise<ValueError>(fmt::format("{}: {} tokens are too few for a block of {} and the token after it; use a "
                                  "longer text or a smaller block_size",
                                  op, tokens.size(), block_size),
                      at);
}

}  // namespace

std::string read_text(const std::string& path, Here at) {
  const InputFile file("read_text", path, at);
  std::string text(file.size(), '\0');
  file.read(text.data(), text.size(), 0);
  return text;
}

TextSplit split_text(const Indices& tokens, double train_fraction, Here at) {
  check_rank("split_text", "tokens", tokens.shape(), 1, at);
  check_probability("split_text", "train_fraction", train_fraction, at);
  const auto n = static_cast<index_t>(static_cast<double>(tokens.size()) * train_fraction);
  return {copied(tokens.data(), n), copied(tokens.data() + n, tokens.size() - n)};
}

TextBatch batch_at(const Tokens& tokens, const Indices& offsets, index_t block_size, Here at) {
  check_sizes("batch_at", tokens, offsets.size(), block_size, at);
  check_indices("batch_at", offsets.data(), offsets.size(), tokens.size() - block_size, at);
  auto x = uninitialized<std::int64_t>({offsets.size(), block_size});  // (B, T)
  auto y = uninitialized<std::int64_t>({offsets.size(), block_size});  // (B, T)
  for (index_t b = 0; b < offsets.size(); ++b) {
    const index_t begin = offsets.data()[b], end = begin + block_size;
    tokens.copy(begin, end, x.data() + b * block_size, at);
    tokens.copy(begin + 1, end + 1, y.data() + b * block_size, at);
  }
  return {x, y};
}

TextBatch batch_at(const Indices& tokens, const Indices& offsets, index_t block_size, Here at) {
  check_rank("batch_at", "tokens", tokens.shape(), 1, at);
  return batch_at(Tokens(tokens), offsets, block_size, at);
}

TextBatch random_batch(const Indices& tokens, index_t batch_size, index_t block_size, Generator& generator,
                       Here at) {
  check_rank("random_batch", "tokens", tokens.shape(), 1, at);
  check_sizes("random_batch", tokens, batch_size, block_size, at);
  const auto offsets = randint(0, tokens.size() - block_size, {batch_size}, generator, at);
  return batch_at(tokens, offsets, block_size, at);
}

}  // namespace xtape::nn
