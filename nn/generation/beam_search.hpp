// Beam search and greedy search: the likeliest sequences that a model can write, token by token.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::nn {

struct BeamSearchOptions {
  std::int64_t start = 0;     ///< what every sequence begins with
  std::int64_t end = 0;       ///< what ends one
  index_t beam_width = 4;     ///< how many sequences are followed for each source
  index_t max_length = 100;   ///< the most tokens after start, end among them
  double length_penalty = 0;  ///< sequences are ranked by log_probability / length^length_penalty: 0 prefers
                              ///< short ones, 1 compares the mean of each token
};

/// A sequence that a search found.
struct Hypothesis {
  std::vector<std::int64_t> tokens = {};  ///< without start and end
  double log_probability = 0;             ///< of all tokens after start, end among them
  double score = 0;                       ///< what it was ranked by
  bool ended = false;                     ///< false where max_length came first
};

/// Logits or log-probabilities (N, V), Tensor or Tensor64, of the token after each prefix (N, T). All
/// prefixes begin with start, and none holds end. sources (N,) tells for each which source it belongs to.
using NextLogits = std::function<AnyTensor(const Indices& prefixes, const Indices& sources)>;

/// The beam_width likeliest sequences for each of `sources` sources, best first. At each step, all
/// continuations of the sequences followed and the sequences that have ended are ranked together, and the
/// beam_width best stay; it is over when all of these have ended, or at max_length. With beam_width 1 it is
/// greedy_search, with one that no step exceeds it is exhaustive. A token of probability 0 is never written.
/// Equal scores: the earlier sequence and the smaller token first. Nothing is recorded; call model.eval()
/// first. Throws ValueError for settings below 1, an end outside of the vocabulary and logits that are not
/// numbers, ShapeError for logits that are not (N, V).
std::vector<std::vector<Hypothesis>> beam_search(const NextLogits& next, index_t sources,
                                                 const BeamSearchOptions& options, Here at = Here::now());

/// The likeliest token at each step, for each of `sources` sources; beam_width is not read. Throws as
/// beam_search.
std::vector<Hypothesis> greedy_search(const NextLogits& next, index_t sources,
                                      const BeamSearchOptions& options, Here at = Here::now());

}  // namespace xtape::nn
