// One merge after the other, each seeing only the words that it changes.
#include <xtape/nn/text/bpe_trainer_impl.hpp>

#include <xtape/nn/text/bpe_names_impl.hpp>

#include <utility>

namespace xtape::nn::bpe {

Trainer::Trainer(const PieceCounts& pieces) {
  for (const char byte : bytes_in_order()) id_of({byte});
  for (const auto& [piece, count] : pieces) {
    if (piece.size() < 2) continue;
    const auto word = static_cast<std::uint32_t>(words_.size());
    auto& symbols = words_.emplace_back(Word{{}, count}).symbols;
    for (const char byte : piece) symbols.push_back(ids_.at({byte}));
    for (std::size_t i = 1; i < symbols.size(); ++i) add(symbols[i - 1], symbols[i], count, word);
  }
  grown_.clear();
  for (const auto& [key, pair] : pairs_) queue_.push({pair.count, key});
}

bool Trainer::step(std::int64_t min_count) {
  while (!queue_.empty()) {
    const auto [count, key] = queue_.top();
    queue_.pop();
    auto& pair = pairs_[key];
    if (pair.count != count) {  // it became less frequent; what became more frequent was put in again
      if (pair.count > 0 && pair.count < count) queue_.push({pair.count, key});
      continue;
    }
    if (count < min_count) return false;
    const auto left = static_cast<Id>(key >> 32), right = static_cast<Id>(key);
    const auto& tokens = vocabulary_.tokens;
    const Id joined = id_of(tokens[static_cast<std::size_t>(left)] + tokens[static_cast<std::size_t>(right)]);
    // A pair comes back where another merge makes one of its tokens anew; encoding then merges it at once.
    if (!std::exchange(pair.merged, true)) vocabulary_.merges.emplace_back(left, right);
    for (const auto word : std::exchange(pair.words, {})) merge(left, right, joined, word);
    for (const auto grown : std::exchange(grown_, {}))
      if (const auto now = pairs_[grown].count; now > 0) queue_.push({now, grown});
    return true;
  }
  return false;
}

Id Trainer::id_of(const std::string& bytes) {
  const auto [found, is_new] = ids_.try_emplace(bytes, static_cast<Id>(ids_.size()));
  if (is_new) vocabulary_.tokens.push_back(bytes);
  return found->second;
}

void Trainer::add(Id left, Id right, std::int64_t count, std::uint32_t word) {
  const auto key = pair_key(left, right);
  auto& pair = pairs_[key];
  pair.count += count;
  if (count < 0) return;
  if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
  if (grown_.empty() || grown_.back() != key) grown_.push_back(key);
}

void Trainer::merge(Id left, Id right, Id joined, std::uint32_t word) {
  auto& [symbols, count] = words_[word];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const bool here = symbols[i] == left && i + 1 < symbols.size() && symbols[i + 1] == right;
    if (here) {
      add(left, right, -count, word);
      if (kept > 0) {
        add(symbols[kept - 1], left, -count, word);
        add(symbols[kept - 1], joined, count, word);
      }
      if (i + 2 < symbols.size()) {
        add(right, symbols[i + 2], -count, word);
        add(joined, symbols[i + 2], count, word);
      }
      ++i;
    }
    symbols[kept++] = here ? joined : symbols[i];
  }
  symbols.resize(kept);
}

}  // namespace xtape::nn::bpe
