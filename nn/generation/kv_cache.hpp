// What a GPT has read of a text and keeps, so that the next token costs one position only.
#pragma once

#include <cstdint>
#include <vector>

#include <xtape/nn/gpt.hpp>

namespace xtape::nn {

/// How many of a text's n tokens a GPT reads when it writes the next one. All of them, up to block_size;
/// beyond, the window slides in steps: whenever it is full and a token comes, it lets go of the older half.
/// So what is read depends on n alone, and a model with learned positions, for which every slide means to
/// read the window anew, does so once in block_size / 2 tokens.
index_t context_length(index_t n, index_t block_size);

/// The keys and values of one text in every block of a GPT, for GPTDecoder to read and to write. It grows as
/// the text does, up to block_size. A copy is a text of its own: a prompt that is read once may go on in
/// several ways.
template <Real T>
class BasicKeyValueCache {
 public:
  explicit BasicKeyValueCache(const GPTConfig& config) : config_(config) {}

  const GPTConfig& config() const { return config_; }
  /// How many tokens were read, all in all.
  index_t tokens_read() const { return tokens_read_; }
  /// How many of them the model still sees: context_length(tokens_read(), block_size).
  index_t length() const { return static_cast<index_t>(window_.size()); }

  /// The tokens that have to be read, at positions from `first` on, for `tokens` to follow: these alone, or,
  /// where the window slides, all of it.
  struct Pending {
    index_t first;
    std::vector<std::int64_t> tokens;
  };
  Pending pending(const Indices& tokens) const;

  /// Takes over the keys and values of rows (count, 3C) of queries, keys and values, for positions from
  /// `first` on of a layer.
  void store(index_t layer, index_t first, const T* qkv, index_t count);
  /// Notes that `tokens` were read, in all layers.
  void advance(const Indices& tokens);

  /// Of one head, (length, D), with the capacity's rows between heads.
  const T* keys(index_t layer, index_t head) const { return at(keys_, layer, head); }
  const T* values(index_t layer, index_t head) const { return at(values_, layer, head); }
  /// Rows that there is memory for.
  index_t capacity() const { return capacity_; }

 private:
  using Layers = std::vector<Buffer<T>>;  // each (H, capacity, D)

  index_t head_size() const { return config_.n_embd / config_.n_head; }
  const T* at(const Layers& x, index_t layer, index_t head) const {
    return x[static_cast<std::size_t>(layer)].data() + head * capacity_ * head_size();
  }
  void reserve(index_t rows);

  GPTConfig config_;
  index_t tokens_read_ = 0, capacity_ = 0;
  std::vector<std::int64_t> window_;  // the tokens that are seen
  Layers keys_, values_;
};

using KeyValueCache = BasicKeyValueCache<float>;

extern template class BasicKeyValueCache<float>;
extern template class BasicKeyValueCache<double>;

}  // namespace xtape::nn
