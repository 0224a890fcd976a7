// Byte pair encoding learned from words: counts of pairs that follow each merge.
#pragma once

#include <cstdint>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <xtape/nn/text/bpe_tables_impl.hpp>
#include <xtape/nn/text/bpe_words_impl.hpp>

namespace xtape::nn::bpe {

class Trainer {
 public:
  explicit Trainer(const PieceCounts& pieces);

  /// Merges the most frequent pair that occurs min_count times or more, and of equal counts that of the
  /// smaller ids. False where there is none.
  bool step(std::int64_t min_count);

  /// The tokens and merges so far.
  const BpeVocabulary& vocabulary() const { return vocabulary_; }

 private:
  struct Word {
    std::vector<Id> symbols;
    std::int64_t count;
  };
  struct Pair {
    std::int64_t count = 0;
    bool merged = false;
    std::vector<std::uint32_t> words;  // all that have the pair, and some that had it
  };
  /// A pair with the count that it had when it was put into the queue.
  struct Candidate {
    std::int64_t count;
    std::uint64_t key;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : key > other.key;
    }
  };

  Id id_of(const std::string& bytes);
  void add(Id left, Id right, std::int64_t count, std::uint32_t word);
  void merge(Id left, Id right, Id joined, std::uint32_t word);

  BpeVocabulary vocabulary_;
  std::unordered_map<std::string, Id> ids_;
  std::vector<Word> words_;
  std::unordered_map<std::uint64_t, Pair> pairs_;
  std::priority_queue<Candidate> queue_;
  std::vector<std::uint64_t> grown_;  // pairs that a merge made more frequent
};

}  // namespace xtape::nn::bpe
