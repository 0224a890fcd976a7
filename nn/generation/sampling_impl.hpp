// The choice of the next token.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include <xtape/nn/generation/generate.hpp>

namespace xtape::nn {

/// Throws ValueError for settings of the filters that cannot be.
void check_sampling(const GenerateOptions& options, Here at);

/// Divides the positive logits of `seen` tokens by the penalty, and multiplies the others with it.
template <Real T>
void penalize(T* logits, const std::set<std::int64_t>& seen, double penalty);

/// A token that may be drawn. Probabilities are among all tokens, and need not add up to 1.
struct Candidate {
  std::int64_t token;
  double probability;
};

/// The tokens that temperature (above 0), top_k, top_p and min_p leave of logits (V,). Of equally likely ones
/// at the edge of top_k and top_p, the smaller ids stay.
template <Real T>
std::vector<Candidate> candidates_of(const BasicTensor<T>& logits, const GenerateOptions& options);

/// One of them, by their probabilities.
std::int64_t draw(const std::vector<Candidate>& candidates, Generator& generator);

/// Penalty, filters and draw. The logits (V,) are overwritten.
template <Real T>
std::int64_t next_token(Buffer<T> logits, const std::set<std::int64_t>& seen, const GenerateOptions& options,
                        Generator& generator);

}  // namespace xtape::nn
