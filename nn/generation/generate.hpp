// Text from a language model: sampling token by token.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <xtape/core/random.hpp>
#include <xtape/nn/gpt.hpp>

namespace xtape::nn {

struct GenerateOptions {
  index_t max_new_tokens = 100;
  double temperature = 1;             ///< divides the logits; 0 takes the likeliest token each time
  std::optional<index_t> top_k = {};  ///< draw among this many likeliest tokens only
  Generator* generator = nullptr;     ///< null means default_generator()
  std::function<bool(std::int64_t token)> on_token = {};  ///< sees each token; false stops
};

/// A prompt (T,) of at least one token and what the model writes after it: (T + max_new_tokens,), or less
/// where on_token stopped. The model reads the last block_size tokens; nothing is recorded. Call model.eval()
/// first. Throws ValueError for an empty prompt, a negative temperature or top_k below 1.
template <Real T>
Indices generate(const BasicGPT<T>& model, const Indices& prompt, const GenerateOptions& options = {},
                 Here at = Here::now());

}  // namespace xtape::nn
