// Losses without training.
#include "evaluate.hpp"

#include <algorithm>

using namespace xtape;

namespace {

/// The loss of windows at some places, times the number of tokens that were guessed.
double summed_loss(nn::GPT& model, const nn::Tokens& tokens, const Indices& offsets, index_t T) {
  const NoGrad scope;
  model.eval();
  const auto [x, y] = nn::batch_at(tokens, offsets, T);  // (B, T)
  const double loss = cross_entropy(model(x), y).item();
  model.train();
  return loss * static_cast<double>(y.size());
}

}  // namespace

double sampled_loss(nn::GPT& model, const nn::Tokens& tokens, index_t batches, index_t batch_size) {
  const index_t T = model.config().block_size, windows = batches * batch_size, last = tokens.size() - T - 1;
  double sum = 0;
  for (index_t first = 0; first < windows; first += batch_size) {
    std::vector<std::int64_t> offsets;
    for (index_t i = first; i < first + batch_size; ++i) offsets.push_back(last * i / windows);
    sum += summed_loss(model, tokens, offsets, T);
  }
  return sum / static_cast<double>(windows * T);
}

double whole_loss(nn::GPT& model, const nn::Tokens& tokens, index_t batch_size) {
  const index_t T = model.config().block_size, guessed = tokens.size() - 1, whole = guessed / T * T;
  double sum = 0;
  for (index_t first = 0; first < whole; first += batch_size * T) {
    std::vector<std::int64_t> offsets;
    for (index_t i = first; i < std::min(first + batch_size * T, whole); i += T) offsets.push_back(i);
    sum += summed_loss(model, tokens, offsets, T);
  }
  if (whole < guessed) sum += summed_loss(model, tokens, {whole}, guessed - whole);  // a shorter window
  return sum / static_cast<double>(guessed);
}
