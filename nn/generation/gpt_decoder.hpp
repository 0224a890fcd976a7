// A GPT that reads on: what it has read is kept, and a token costs one pass over the weights.
#pragma once

#include <memory>
#include <vector>

#include <xtape/nn/generation/kv_cache.hpp>

namespace xtape::nn {

struct GPTDecoderOptions {
  /// Round the weights of linear maps to bytes, with a scale for each row: a quarter of the memory to read.
  /// Everything else stays T.
  bool int8 = false;
};

/// Tokens (T,) for a text whose earlier ones its cache holds.
template <Real T>
struct BasicReading {
  BasicKeyValueCache<T>* cache;
  Indices tokens;
};

/// Gives the logits of the next token, as the model itself does for the last position of the window that
/// context_length() says, but without reading again what was read. The model must live, where it is, as long
/// as the decoder, and its weights must not change; nothing is dropped and nothing recorded. Any number of
/// threads may use one decoder, each with caches of its own.
template <Real T>
class BasicGPTDecoder {
 public:
  using value_type = T;

  /// Throws ValueError where weights to be rounded are not finite.
  explicit BasicGPTDecoder(const BasicGPT<T>& model, const GPTDecoderOptions& options = {},
                           Here at = Here::now());
  ~BasicGPTDecoder();
  BasicGPTDecoder(BasicGPTDecoder&&) noexcept;
  BasicGPTDecoder& operator=(BasicGPTDecoder&&) noexcept;

  GPTConfig config() const;

  /// Reads tokens (T,) after those that the cache holds -> logits (V,) of the token after them:
  ///
  ///     nn::KeyValueCache cache(model.config());
  ///     Tensor logits = decoder(prompt, cache);
  ///     logits = decoder({argmax(logits).item()}, cache);
  ///
  /// Throws ValueError for no tokens or a cache of another configuration, IndexError for ids outside the
  /// vocabulary; then the cache is as before.
  BasicTensor<T> operator()(const Indices& tokens, BasicKeyValueCache<T>& cache, Here at = Here::now()) const;

  /// Several texts at once, each with a cache of its own and as many tokens as it has: logits (N, V). What
  /// one gets does not depend on the others, but for the rounding of products: with more than 16 tokens in
  /// all they are those of linear(), in its precision. Throws ValueError where two texts share a cache.
  BasicTensor<T> operator()(const std::vector<BasicReading<T>>& readings, Here at = Here::now()) const;

 private:
  struct Weights;
  std::unique_ptr<const Weights> weights_;
};

using Reading = BasicReading<float>;
using GPTDecoder = BasicGPTDecoder<float>;

extern template class BasicGPTDecoder<float>;
extern template class BasicGPTDecoder<double>;

}  // namespace xtape::nn
