// Keys and values that are kept.
#include <xtape/nn/generation/kv_cache.hpp>

#include <algorithm>
#include <utility>

namespace xtape::nn {

namespace {

constexpr index_t chunk = 256;  // rows by which memory grows

/// x's values to write to; a copy of the cache keeps those it shares.
template <Real T>
T* own(Buffer<T>& x) {
  if (!x.storage()->unshared()) {
    auto y = uninitialized<T>(x.shape());
    std::copy_n(std::as_const(x).data(), x.size(), y.data());
    x = std::move(y);
  }
  return x.data();
}

}  // namespace

index_t context_length(index_t n, index_t block_size) {
  if (n <= block_size) return n;
  const index_t dropped = (block_size + 1) / 2;  // by a slide, which leaves room for as many
  return block_size - dropped + 1 + (n - block_size - 1) % dropped;
}

template <Real T>
typename BasicKeyValueCache<T>::Pending BasicKeyValueCache<T>::pending(const Indices& tokens) const {
  std::vector<std::int64_t> added(tokens.data(), tokens.data() + tokens.size());
  if (length() + tokens.size() <= config_.block_size) return {length(), added};
  added.insert(added.begin(), window_.begin(), window_.end());
  return {0, {added.end() - context_length(tokens_read_ + tokens.size(), config_.block_size), added.end()}};
}

template <Real T>
void BasicKeyValueCache<T>::reserve(index_t rows) {
  if (rows <= capacity_) return;
  const index_t more = std::min(config_.block_size, (rows + chunk - 1) / chunk * chunk);
  const index_t H = config_.n_head, D = head_size();
  const auto grown = [&](const Layers& layers) {
    Layers larger;
    for (index_t layer = 0; layer < config_.n_layer; ++layer) {
      larger.push_back(uninitialized<T>({H, more, D}));
      for (index_t h = 0; h < H && capacity_ > 0; ++h)
        std::copy_n(at(layers, layer, h), capacity_ * D, larger.back().data() + h * more * D);
    }
    return larger;
  };
  Layers keys = grown(keys_), values = grown(values_);
  keys_ = std::move(keys);
  values_ = std::move(values);
  capacity_ = more;
}

template <Real T>
void BasicKeyValueCache<T>::store(index_t layer, index_t first, const T* qkv, index_t count) {
  reserve(first + count);
  const index_t C = config_.n_embd, D = head_size();
  T* const k = own(keys_[static_cast<std::size_t>(layer)]);
  T* const v = own(values_[static_cast<std::size_t>(layer)]);
  for (index_t t = 0; t < count; ++t, qkv += 3 * C)
    for (index_t h = 0; h < config_.n_head; ++h) {
      const index_t row = (h * capacity_ + first + t) * D;
      std::copy_n(qkv + C + h * D, D, k + row);
      std::copy_n(qkv + 2 * C + h * D, D, v + row);
    }
}

template <Real T>
void BasicKeyValueCache<T>::advance(const Indices& tokens) {
  window_.insert(window_.end(), tokens.data(), tokens.data() + tokens.size());
  tokens_read_ += tokens.size();
  window_.erase(window_.begin(), window_.end() - context_length(tokens_read_, config_.block_size));
}

template class BasicKeyValueCache<float>;
template class BasicKeyValueCache<double>;

}  // namespace xtape::nn
