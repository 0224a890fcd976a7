// Text from a language model: sampling token by token.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/core/random.hpp>
#include <xtape/nn/generation/gpt_decoder.hpp>

namespace xtape::nn {

/// A token that was written.
struct WrittenToken {
  index_t row;  ///< which prompt it belongs to
  std::int64_t id;
  double log_prob;  ///< its log-probability, by the model alone: before penalty, temperature and filters

  operator std::int64_t() const { return id; }
};

/// The filters work one after the other, in this order, as those of Hugging Face's transformers do.
struct GenerateOptions {
  index_t max_new_tokens = 100;
  double repetition_penalty = 1;      ///< above 1, what stands in the text already becomes less likely: its
                                      ///< logits are divided by this where positive, else multiplied (CTRL)
  double temperature = 1;             ///< divides the logits; 0 takes the likeliest token each time
  std::optional<index_t> top_k = {};  ///< draw among this many likeliest tokens only
  double top_p = 1;                   ///< among the fewest that have at least this probability together
  double min_p = 0;                   ///< among those that have at least this part of the largest probability
  std::vector<std::int64_t> stop_tokens = {};  ///< a text ends with the first of these
  std::vector<std::string> stop_strings = {};  ///< and before the first of these, if decode is given
  std::function<std::string(std::int64_t id)> decode = {};  ///< the bytes of a token, as tokenizers give them
  Generator* generator = nullptr;                           ///< null means default_generator()
  /// Sees each token; false ends that text. [](std::int64_t id) { ... } will do.
  std::function<bool(const WrittenToken& token)> on_token = {};
  /// Sees the text as it comes, in whole characters (see TextStream); needs decode.
  std::function<void(index_t row, std::string_view text)> on_text = {};
};

/// Why a text ended.
enum class Ending { max_new_tokens, stop_token, stop_string, on_token };

/// What was written after one prompt.
struct Generated {
  std::vector<std::int64_t> tokens = {};  ///< all of them, also a stop token and those of a stop string
  std::vector<double> log_probs = {};     ///< of each token; see WrittenToken
  std::string text = {};  ///< where decode is given: in whole characters, without what stopped it
  Ending ending = Ending::max_new_tokens;
};

/// Continues several prompts, each (T,) of at least one token, together: one pass over the weights gives a
/// token to each. A prompt's text does not depend on the others, but for the rounding of products: each draws
/// from a stream of its own, whose seed comes from the generator, so a batch writes what calls for one prompt
/// after the other would. The
/// model reads what context_length() says. Throws ValueError for options that cannot be, prompts without
/// tokens and logits that are not numbers, IndexError for tokens outside the vocabulary.
template <Real T>
std::vector<Generated> generate_batch(const BasicGPTDecoder<T>& decoder, const std::vector<Indices>& prompts,
                                      const GenerateOptions& options = {}, Here at = Here::now());
template <Real T>
std::vector<Generated> generate_batch(const BasicGPT<T>& model, const std::vector<Indices>& prompts,
                                      const GenerateOptions& options = {}, Here at = Here::now());

/// One prompt (T,) and what the model writes after it: (T + max_new_tokens,), or less where it ended.
template <Real T>
Indices generate(const BasicGPTDecoder<T>& decoder, const Indices& prompt,
                 const GenerateOptions& options = {}, Here at = Here::now());
template <Real T>
Indices generate(const BasicGPT<T>& model, const Indices& prompt, const GenerateOptions& options = {},
                 Here at = Here::now());

}  // namespace xtape::nn
