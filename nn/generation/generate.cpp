// Sampling from a GPT.
#include <xtape/nn/generation/generate.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/indexing.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace xtape::nn {

namespace {

void check_options(const Indices& prompt, const GenerateOptions& options, Here at) {
  check_rank("generate", "prompt", prompt.shape(), 1, at);
  if (prompt.size() == 0) raise<ValueError>("generate: the prompt needs at least one token", at);
  check_not_negative("generate", "temperature", options.temperature, at);
  check_not_negative("generate", "max_new_tokens", static_cast<double>(options.max_new_tokens), at);
  if (options.top_k && *options.top_k < 1)
    raise<ValueError>(fmt::format("generate: top_k = {} must be 1 or more", *options.top_k), at);
}

/// The last tokens that the model can read, as a batch of one: (1, T).
Indices context(const std::vector<std::int64_t>& tokens, index_t block_size) {
  const auto length = std::min(static_cast<index_t>(tokens.size()), block_size);
  auto y = uninitialized<std::int64_t>({1, length});
  std::copy(tokens.end() - length, tokens.end(), y.data());
  return y;
}

/// The logits (V,) of the token after the last.
template <Real T>
std::vector<double> next_logits(const BasicGPT<T>& model, const Indices& idx, Here at) {
  const auto last = take(model.features(idx), Indices{idx.shape(1) - 1}, 1);  // (1, 1, C)
  const auto logits = model.lm_head(last);                                    // (1, 1, V)
  if (std::any_of(logits.data(), logits.data() + logits.size(), [](T x) { return std::isnan(x); }))
    raise<ValueError>("generate: the model's logits are not numbers; did training diverge?", at);
  return {logits.data(), logits.data() + logits.size()};
}

/// exp((logits - largest) / temperature), and 0 for all but the top_k largest.
Tensor64 weights_of(const std::vector<double>& logits, double temperature, index_t top_k) {
  auto sorted = logits;
  std::nth_element(sorted.begin(), sorted.begin() + (top_k - 1), sorted.end(), std::greater<>());
  const double smallest = sorted[static_cast<std::size_t>(top_k - 1)];
  const double largest = *std::max_element(logits.begin(), logits.end());
  auto y = uninitialized<double>({static_cast<index_t>(logits.size())});
  std::transform(logits.begin(), logits.end(), y.data(), [=](double logit) {
    return logit < smallest ? 0 : std::exp((logit - largest) / temperature);
  });
  return y;
}

std::int64_t draw(const std::vector<double>& logits, const GenerateOptions& options, Generator& generator,
                  Here at) {
  if (options.temperature == 0) return std::max_element(logits.begin(), logits.end()) - logits.begin();
  const auto vocab_size = static_cast<index_t>(logits.size());
  const auto weights =
      weights_of(logits, options.temperature, std::min(options.top_k.value_or(vocab_size), vocab_size));
  return multinomial(weights, 1, true, generator, at).item();
}

}  // namespace

template <Real T>
Indices generate(const BasicGPT<T>& model, const Indices& prompt, const GenerateOptions& options, Here at) {
  check_options(prompt, options, at);
  const CallSite site(at);
  const NoGrad reading;
  Generator& generator = options.generator ? *options.generator : default_generator();
  std::vector<std::int64_t> tokens(prompt.data(), prompt.data() + prompt.size());
  for (index_t i = 0; i < options.max_new_tokens; ++i) {
    const auto logits = next_logits(model, context(tokens, model.config().block_size), at);
    tokens.push_back(draw(logits, options, generator, at));
    if (options.on_token && !options.on_token(tokens.back())) break;
  }
  return tokens;
}

template Indices generate(const BasicGPT<float>&, const Indices&, const GenerateOptions&, Here);
template Indices generate(const BasicGPT<double>&, const Indices&, const GenerateOptions&, Here);

}  // namespace xtape::nn
