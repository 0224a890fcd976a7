// Beam search: all sources go in step, so that each step is one call of the model.
#include <xtape/nn/generation/beam_search.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/grad_mode.hpp>
#include <xtape/nn/config_impl.hpp>
#include <xtape/ops/softmax.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xtape::nn {

namespace {

using Beam = std::vector<Hypothesis>;

void check_options(const BeamSearchOptions& options, index_t sources, Here at) {
  check_size("beam_search", "sources", sources, at);
  check_size("beam_search", "beam_width", options.beam_width, at);
  check_size("beam_search", "max_length", options.max_length, at);
}

/// What the model reads next: the sequences that have not ended, with start in front, and their sources.
struct Prefixes {
  Indices tokens;   // (N, T)
  Indices sources;  // (N,)
};

Prefixes prefixes_of(const std::vector<Beam>& beams, std::int64_t start) {
  std::vector<std::int64_t> tokens, sources;
  for (std::size_t source = 0; source < beams.size(); ++source)
    for (const Hypothesis& h : beams[source]) {
      if (h.ended) continue;
      tokens.push_back(start);
      tokens.insert(tokens.end(), h.tokens.begin(), h.tokens.end());
      sources.push_back(static_cast<std::int64_t>(source));
    }
  const auto N = static_cast<index_t>(sources.size());
  return {N == 0 ? Indices() : Indices(tokens).reshape({N, -1}), sources};
}

/// log_softmax of the model's logits: (N, V).
Tensor64 log_probabilities(const NextLogits& next, const Prefixes& prefixes, std::int64_t end, Here at) {
  const AnyTensor any = next(prefixes.tokens, prefixes.sources);
  const Tensor64 logits = any.dtype() == DType::float64 ? Tensor64(any) : Tensor(any).astype<double>();
  const index_t N = prefixes.sources.size();
  if (logits.dimension() != 2 || logits.shape(0) != N)
    raise<ShapeError>(fmt::format("beam_search: prefixes {} need logits of shape ({}, V), not {}",
                                  to_string(prefixes.tokens.shape()), N, to_string(logits.shape())),
                      at);
  const index_t V = logits.shape(1);
  if (end < 0 || end >= V)
    raise<ValueError>(
        fmt::format("beam_search: end = {} is not one of the {} tokens that have logits", end, V), at);
  const auto y = log_softmax(logits);
  if (std::any_of(y.data(), y.data() + y.size(), [](double x) { return std::isnan(x); }))
    raise<ValueError>("beam_search: the logits are not numbers; did training diverge?", at);
  return y;
}

/// A sequence and what comes next, before it is known whether both stay.
struct Candidate {
  double score, log_probability;
  const Hypothesis* from;
  std::int64_t token;  // -1 where the sequence has ended
};

/// The sequences that have ended, and all continuations of the others, whose log-probabilities are the next
/// rows of y.
std::vector<Candidate> candidates_of(const Beam& beam, const double*& row, index_t V, double penalty) {
  std::vector<Candidate> candidates;
  for (const Hypothesis& h : beam) {
    if (h.ended) {
      candidates.push_back({h.score, h.log_probability, &h, -1});
      continue;
    }
    const double divisor = std::pow(static_cast<double>(h.tokens.size() + 1), penalty);
    for (index_t token = 0; token < V; ++token) {
      const double total = h.log_probability + row[token];
      if (!std::isinf(total)) candidates.push_back({total / divisor, total, &h, token});
    }
    row += V;
  }
  return candidates;
}

Hypothesis continued(const Candidate& candidate, std::int64_t end) {
  Hypothesis h = *candidate.from;
  if (candidate.token < 0) return h;
  h.log_probability = candidate.log_probability;
  h.score = candidate.score;
  h.ended = candidate.token == end;
  if (!h.ended) h.tokens.push_back(candidate.token);
  return h;
}

/// The best of the candidates, best first.
Beam best(std::vector<Candidate> candidates, const BeamSearchOptions& options) {
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::stable_sort(candidates.begin(), candidates.end(), better);
  Beam beam;
  for (const Candidate& candidate : candidates) {
    if (std::ssize(beam) == options.beam_width) break;
    beam.push_back(continued(candidate, options.end));
  }
  return beam;
}

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(const NextLogits& next, index_t sources,
                                                 const BeamSearchOptions& options, Here at) {
  check_options(options, sources, at);
  const CallSite site(at);
  const NoGrad reading;
  std::vector<Beam> beams(static_cast<std::size_t>(sources), Beam(1));
  for (index_t length = 0; length < options.max_length; ++length) {
    const auto prefixes = prefixes_of(beams, options.start);
    if (prefixes.sources.size() == 0) break;
    const auto y = log_probabilities(next, prefixes, options.end, at);  // (N, V)
    const double* row = y.data();
    for (Beam& beam : beams)
      beam = best(candidates_of(beam, row, y.shape(1), options.length_penalty), options);
  }
  return beams;
}

std::vector<Hypothesis> greedy_search(const NextLogits& next, index_t sources,
                                      const BeamSearchOptions& options, Here at) {
  auto greedy = options;
  greedy.beam_width = 1;
  std::vector<Hypothesis> hypotheses;
  for (Beam& beam : beam_search(next, sources, greedy, at))
    hypotheses.push_back(beam.empty() ? Hypothesis{} : std::move(beam.front()));
  return hypotheses;
}

}  // namespace xtape::nn
