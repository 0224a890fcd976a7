// Byte pair encoding of one piece.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <xtape/nn/text/bpe_tables_impl.hpp>

namespace xtape::nn::bpe {

/// Joins neighbours, those of the lowest rank first and of these the leftmost, until no merge applies: n log
/// n steps for a piece of n bytes. Keeps its memory for the next piece.
class Merger {
 public:
  explicit Merger(const Tables& tables) : tables_(tables) {}

  /// Appends the ids of a piece.
  void merge(std::string_view piece, std::vector<std::int64_t>& ids);

 private:
  struct Symbol {
    Id id;                     // none: joined to the one before
    std::size_t before, next;  // n: there is none
  };
  /// Two neighbours that can be joined, as long as both are still there.
  struct Candidate {
    Id rank;
    std::size_t at;  // the left one
    Id left, right, joined;
  };

  void consider(std::size_t at);
  void join(const Candidate& candidate);

  static constexpr Id none = -1;

  const Tables& tables_;
  std::vector<Symbol> symbols_;
  std::vector<Candidate> candidates_;  // a heap, the next to be joined at the front
};

}  // namespace xtape::nn::bpe
