// The choice of the next token.
#include <xtape/nn/generation/sampling_impl.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/argmax.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace xtape::nn {

namespace {

/// The `count` likeliest tokens, likeliest first.
template <Real T>
std::vector<Candidate> likeliest(const BasicTensor<T>& p, index_t count) {
  std::vector<std::int64_t> tokens(static_cast<std::size_t>(count));
  const T* data = p.data();
  std::ranges::partial_sort_copy(
      std::views::iota(std::int64_t{0}, std::int64_t{p.size()}), tokens,
      [=](auto a, auto b) { return data[a] > data[b] || (data[a] == data[b] && a < b); });
  std::vector<Candidate> candidates;
  for (const std::int64_t token : tokens) candidates.push_back({token, data[token]});
  return candidates;
}

double total(const std::vector<Candidate>& candidates) {
  double sum = 0;
  for (const Candidate& c : candidates) sum += c.probability;
  return sum;
}

/// Leaves the first ones that have `mass` together, one at least.
void cut(std::vector<Candidate>& candidates, double mass) {
  double sum = 0;
  std::size_t kept = 0;
  while (kept < candidates.size() && (kept == 0 || sum < mass)) sum += candidates[kept++].probability;
  candidates.resize(kept);
}

/// The likeliest tokens that have `mass` together; as a rule they are few among many.
template <Real T>
std::vector<Candidate> likeliest_with(const BasicTensor<T>& p, double mass) {
  for (index_t count = 256;; count *= 8) {
    auto candidates = likeliest(p, std::min(count, p.size()));
    if (count < p.size() && total(candidates) < mass) continue;
    cut(candidates, mass);
    return candidates;
  }
}

/// All that can be drawn.
template <Real T>
std::vector<Candidate> possible(const BasicTensor<T>& p) {
  std::vector<Candidate> candidates;
  for (index_t token = 0; token < p.size(); ++token)
    if (p.data()[token] > 0) candidates.push_back({token, p.data()[token]});
  return candidates;
}

}  // namespace

void check_sampling(const GenerateOptions& options, Here at) {
  check_not_negative("generate", "temperature", options.temperature, at);
  if (options.top_k && *options.top_k < 1)
    raise<ValueError>(fmt::format("generate: top_k = {} must be 1 or more", *options.top_k), at);
  check_probability("generate", "top_p", options.top_p, at);
  check_probability("generate", "min_p", options.min_p, at);
  if (!(options.repetition_penalty > 0))
    raise<ValueError>(
        fmt::format("generate: repetition_penalty = {} must be above 0", options.repetition_penalty), at);
}

template <Real T>
void penalize(T* logits, const std::set<std::int64_t>& seen, double penalty) {
  const auto factor = static_cast<T>(penalty);
  for (const std::int64_t token : seen) {
    T& logit = logits[token];
    logit = logit > 0 ? logit / factor : logit * factor;
  }
}

template <Real T>
std::vector<Candidate> candidates_of(const BasicTensor<T>& logits, const GenerateOptions& options) {
  const auto temperature = static_cast<T>(options.temperature);
  const auto p = softmax((logits - amax(logits)) / temperature, -1);  // (V,)
  auto candidates = options.top_k       ? likeliest(p, std::min(*options.top_k, p.size()))
                    : options.top_p < 1 ? likeliest_with(p, options.top_p)
                                        : possible(p);
  if (options.top_k && options.top_p < 1) cut(candidates, options.top_p * total(candidates));
  if (options.min_p > 0) {
    const double smallest = options.min_p * amax(p).item();
    std::erase_if(candidates, [=](const Candidate& c) { return c.probability < smallest; });
  }
  return candidates;
}

std::int64_t draw(const std::vector<Candidate>& candidates, Generator& generator) {
  double left = rand<double>({}, generator).item() * total(candidates);
  for (const Candidate& c : candidates)
    if ((left -= c.probability) < 0) return c.token;
  return candidates.back().token;  // reached by rounding alone
}

template <Real T>
std::int64_t next_token(Buffer<T> logits, const std::set<std::int64_t>& seen, const GenerateOptions& options,
                        Generator& generator) {
  if (options.repetition_penalty != 1) penalize(logits.data(), seen, options.repetition_penalty);
  const BasicTensor<T> scores = std::move(logits);
  if (static_cast<T>(options.temperature) == 0) return argmax(scores).item();
  return draw(candidates_of(scores, options), generator);
}

template void penalize(float*, const std::set<std::int64_t>&, double);
template void penalize(double*, const std::set<std::int64_t>&, double);
template std::vector<Candidate> candidates_of(const Tensor&, const GenerateOptions&);
template std::vector<Candidate> candidates_of(const Tensor64&, const GenerateOptions&);
template std::int64_t next_token(Buffer<float>, const std::set<std::int64_t>&, const GenerateOptions&,
                                 Generator&);
template std::int64_t next_token(Buffer<double>, const std::set<std::int64_t>&, const GenerateOptions&,
                                 Generator&);

}  // namespace xtape::nn
