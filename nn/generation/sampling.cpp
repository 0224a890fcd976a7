// The choice of the next token.
#include <xtape/nn/generation/sampling_impl.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/argmax.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace xtape::nn {

namespace {

constexpr index_t few = 512;

/// A strict order, so that what stays does not depend on how it is found.
bool likelier(const Candidate& a, const Candidate& b) {
  return a.probability > b.probability || (a.probability == b.probability && a.token < b.token);
}

double total(const Candidate* begin, const Candidate* end) {
  double sum = 0;
  for (; begin != end; ++begin) sum += begin->probability;
  return sum;
}
double total(const std::vector<Candidate>& c) { return total(c.data(), c.data() + c.size()); }

/// The tokens of probability above 0 and not below `smallest`.
template <Real T>
std::vector<Candidate> possible(const BasicTensor<T>& p, double smallest) {
  std::vector<Candidate> candidates;
  candidates.reserve(static_cast<std::size_t>(p.size()));
  const T* data = p.data();
  for (std::int64_t token = 0; token < p.size(); ++token)
    if (data[token] > 0 && data[token] >= smallest) candidates.push_back({token, data[token]});
  return candidates;
}

/// The `count` likeliest of these, found by a heap: for few among many.
template <Real T>
std::vector<Candidate> likeliest(const BasicTensor<T>& p, index_t count) {
  const T* data = p.data();
  const auto candidate = [=](std::int64_t token) { return Candidate{token, data[token]}; };
  const auto all =
      std::views::iota(std::int64_t{0}, std::int64_t{p.size()}) | std::views::transform(candidate);
  std::vector<Candidate> candidates(static_cast<std::size_t>(std::min(count, p.size())));
  std::ranges::partial_sort_copy(all, candidates, likelier);
  std::erase_if(candidates, [](const Candidate& c) { return !(c.probability > 0); });  // NaN, too
  return candidates;
}

void keep_top_k(std::vector<Candidate>& candidates, index_t k) {
  if (k >= std::ssize(candidates)) return;
  std::nth_element(candidates.begin(), candidates.begin() + k, candidates.end(), likelier);
  candidates.resize(static_cast<std::size_t>(k));
}

/// Leaves the likeliest that have `mass` together, one at least: halves what is undecided until it is one.
void keep_mass(std::vector<Candidate>& candidates, double mass) {
  Candidate *begin = candidates.data(), *end = begin + candidates.size();
  while (end - begin > 1) {
    Candidate* const middle = begin + (end - begin) / 2;
    std::nth_element(begin, middle, end, likelier);
    const double upper = total(begin, middle);
    if (upper >= mass) {
      end = middle;
    } else {
      mass -= upper;
      begin = middle;
    }
  }
  candidates.resize(static_cast<std::size_t>(end - candidates.data()));
}

}  // namespace

void check_sampling(const GenerateOptions& options, Here at) {
  check_not_negative("generate", "temperature", options.temperature, at);
  if (options.top_k && *options.top_k < 1)
    raise<ValueError>(fmt::format("generate: top_k = {} must be 1 or more", *options.top_k), at);
  check_probability("generate", "top_p", options.top_p, at);
  check_probability("generate", "min_p", options.min_p, at);
  if (!(options.repetition_penalty > 0 && std::isfinite(options.repetition_penalty)))
    raise<ValueError>(fmt::format("generate: repetition_penalty = {} must be finite and above 0",
                                  options.repetition_penalty),
                      at);
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
  // Tokens below (1 - top_p) / V have less than 1 - top_p together, so the others have top_p without them.
  const double negligible = options.top_k ? 0 : 0.5 * (1 - options.top_p) / static_cast<double>(p.size());
  auto candidates =
      options.top_k && *options.top_k <= few ? likeliest(p, *options.top_k) : possible(p, negligible);
  if (options.top_k) keep_top_k(candidates, *options.top_k);
  if (options.top_p < 1) keep_mass(candidates, options.top_p * (options.top_k ? total(candidates) : 1));
  if (options.min_p > 0) {
    const double smallest = options.min_p * amax(p).item();
    std::erase_if(candidates, [=](const Candidate& c) { return c.probability < smallest; });
  }
  return candidates;
}

std::int64_t draw(const std::vector<Candidate>& candidates, Generator& generator) {
  if (candidates.empty())
    raise<ValueError>("generate: no token has a probability above 0; are the logits finite?", Here::now());
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
