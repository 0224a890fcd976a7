// Byte pair encoding with a heap of candidates and a list of symbols.
#include <xtape/nn/text/bpe_merger_impl.hpp>

#include <algorithm>
#include <tuple>

namespace xtape::nn::bpe {

namespace {

constexpr auto is_later = [](const auto& a, const auto& b) {
  return std::tie(a.rank, a.at) > std::tie(b.rank, b.at);
};

}  // namespace

void Merger::merge(std::string_view piece, std::vector<std::int64_t>& ids) {
  const std::size_t n = piece.size();
  symbols_.clear();
  candidates_.clear();
  for (std::size_t i = 0; i < n; ++i)
    symbols_.push_back({tables_.byte_id(piece[i]), i > 0 ? i - 1 : n, i + 1});
  for (std::size_t i = 0; i < n; ++i) consider(i);
  while (!candidates_.empty()) {
    const Candidate first = candidates_.front();
    std::pop_heap(candidates_.begin(), candidates_.end(), is_later);
    candidates_.pop_back();
    join(first);
  }
  for (std::size_t i = 0; i < n; i = symbols_[i].next) ids.push_back(symbols_[i].id);
}

void Merger::consider(std::size_t at) {
  const auto& left = symbols_[at];
  if (left.next == symbols_.size()) return;
  const auto& right = symbols_[left.next];
  const auto* merge = tables_.find_merge(left.id, right.id);
  if (!merge) return;
  candidates_.push_back({merge->rank, at, left.id, right.id, merge->joined});
  std::push_heap(candidates_.begin(), candidates_.end(), is_later);
}

void Merger::join(const Candidate& candidate) {
  const std::size_t n = symbols_.size();
  auto& left = symbols_[candidate.at];
  if (left.id != candidate.left || left.next == n || symbols_[left.next].id != candidate.right) return;
  symbols_[left.next].id = none;
  left.id = candidate.joined;
  left.next = symbols_[left.next].next;
  if (left.next != n) symbols_[left.next].before = candidate.at;
  if (left.before != n) consider(left.before);
  consider(candidate.at);
}

}  // namespace xtape::nn::bpe
