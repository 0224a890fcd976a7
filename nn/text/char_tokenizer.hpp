// Characters to token ids and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <xtape/core/array.hpp>

namespace xtape::nn {

/// One token for each character (Unicode code point) of a text; ids follow the order of the code points.
class CharTokenizer {
 public:
  /// The vocabulary is the set of characters in `text`, which is UTF-8. Throws ValueError where it is not.
  explicit CharTokenizer(std::string_view text, Here at = Here::now());

  /// The number of tokens.
  index_t vocab_size() const { return static_cast<index_t>(characters_.size()); }
  /// All characters in the order of their ids, as UTF-8: CharTokenizer(t.vocabulary()) equals t.
  std::string vocabulary() const;

  /// The ids of a text's characters, (T,). Throws ValueError naming the first character that the vocabulary
  /// lacks.
  Indices encode(std::string_view text, Here at = Here::now()) const;
  /// The text of ids of any shape. Throws IndexError for an id outside the vocabulary.
  std::string decode(const Indices& ids, Here at = Here::now()) const;
  /// The text of one id.
  std::string decode(std::int64_t id, Here at = Here::now()) const;

 private:
  std::vector<char32_t> characters_;  // ascending; a character's id is its position
};

}  // namespace xtape::nn
