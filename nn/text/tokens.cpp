// Rows of token ids.
#include <xtape/nn/text/tokens.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/nn/io/file_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace xtape::nn {

static_assert(std::endian::native == std::endian::little, "token files are little-endian");

namespace {

constexpr index_t written_at_once = 1 << 16;

/// Calls f with the ids as they are stored.
template <class F>
auto visit(const std::byte* data, std::size_t width, F f) {
  if (width == 2) return f(reinterpret_cast<const std::uint16_t*>(data));
  if (width == 4) return f(reinterpret_cast<const std::uint32_t*>(data));
  return f(reinterpret_cast<const std::int64_t*>(data));
}

std::size_t width_for(const char* op, index_t vocab_size, Here at) {
  if (vocab_size < 1 || vocab_size > index_t{1} << 32)
    raise<ValueError>(fmt::format("{}: vocab_size = {}; it is from 1 to 2^32", op, vocab_size), at);
  return vocab_size <= 1 << 16 ? 2 : 4;
}

template <class Id>
void write_ids(OutputFile& file, const Tokens& tokens, index_t vocab_size, Here at) {
  std::vector<std::int64_t> ids(static_cast<std::size_t>(std::min(tokens.size(), written_at_once)));
  std::vector<Id> narrow(ids.size());
  for (index_t begin = 0; begin < tokens.size(); begin += written_at_once) {
    const index_t n = std::min(written_at_once, tokens.size() - begin);
    tokens.copy(begin, begin + n, ids.data());
    const auto wrong =
        std::find_if(ids.begin(), ids.begin() + n, [&](auto id) { return id < 0 || id >= vocab_size; });
    if (wrong != ids.begin() + n)
      raise<IndexError>(
          fmt::format(
              "save_tokens: index {} at position {} is out of range; there are {} to choose from, 0 to {}",
              *wrong, begin + (wrong - ids.begin()), vocab_size, vocab_size - 1),
          at);
    std::transform(ids.begin(), ids.begin() + n, narrow.begin(),
                   [](std::int64_t id) { return static_cast<Id>(id); });
    file.write(narrow.data(), static_cast<std::size_t>(n) * sizeof(Id));
  }
}

}  // namespace

Tokens::Tokens(const Indices& ids, Here at) : width_(sizeof(std::int64_t)), size_(ids.size()) {
  check_rank("Tokens", "ids", ids.shape(), 1, at);
  const auto owner = std::make_shared<const Indices>(ids);
  data_ = {owner, reinterpret_cast<const std::byte*>(owner->data())};
}

Tokens Tokens::slice(index_t begin, index_t end, Here at) const {
  if (begin < 0 || end < begin || end > size_)
    raise<IndexError>(fmt::format("Tokens: {} to {} is no part of {} tokens", begin, end, size_), at);
  return {{data_, data_.get() + static_cast<std::size_t>(begin) * width_}, width_, end - begin};
}

std::pair<Tokens, Tokens> Tokens::split(double train_fraction, Here at) const {
  check_probability("Tokens", "train_fraction", train_fraction, at);
  const auto n = static_cast<index_t>(static_cast<double>(size_) * train_fraction);
  return {slice(0, n), slice(n, size_)};
}

Indices Tokens::to_indices() const {
  auto ids = uninitialized<std::int64_t>({size_});
  copy(0, size_, ids.data());
  return ids;
}

void Tokens::copy(index_t begin, index_t end, std::int64_t* out, Here at) const {
  const Tokens part = slice(begin, end, at);
  visit(part.data_.get(), width_, [&](const auto* ids) { std::copy_n(ids, part.size(), out); });
}

Tokens load_tokens(const std::string& path, index_t vocab_size, Here at) {
  const auto width = width_for("load_tokens", vocab_size, at);
  const InputFile file("load_tokens", path, at);
  if (file.size() % width != 0)
    file.fail(fmt::format("{} bytes are not ids of {} bits, as a vocabulary of {} has them", file.size(),
                          8 * width, vocab_size));
  const Tokens tokens(file.map(), width, static_cast<index_t>(file.size() / width));
  visit(tokens.data_.get(), width, [&](const auto* ids) {
    const auto* wrong = std::find_if(ids, ids + tokens.size(), [&](auto id) { return id >= vocab_size; });
    if (wrong != ids + tokens.size())
      file.fail(fmt::format("the id {} at position {} is not below the vocabulary's size, {}", *wrong,
                            wrong - ids, vocab_size));
  });
  return tokens;
}

void save_tokens(const std::string& path, const Tokens& tokens, index_t vocab_size, Here at) {
  const auto width = width_for("save_tokens", vocab_size, at);
  OutputFile file("save_tokens", path, at);
  const auto write = width == 2 ? write_ids<std::uint16_t> : write_ids<std::uint32_t>;
  write(file, tokens, vocab_size, at);
  file.commit();
}

}  // namespace xtape::nn
