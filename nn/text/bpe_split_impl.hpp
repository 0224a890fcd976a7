// The pieces of a text that GPT-2 encodes one by one.
#pragma once

#include <cstddef>
#include <string_view>

namespace xtape::nn::bpe {

/// The bytes of the first piece of a text that is not empty, by GPT-2's pattern
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// A byte that is not UTF-8 counts as a character that is no letter, number or space.
std::size_t piece_length(std::string_view text);

/// The bytes, at least `length` where there are as many, after which a text can be cut without changing its
/// pieces.
std::size_t cut_length(std::string_view text, std::size_t length);

/// Calls f(piece) for each piece.
template <class F>
void for_each_piece(std::string_view text, F f) {
  while (!text.empty()) {
    const std::size_t length = piece_length(text);
    f(text.substr(0, length));
    text.remove_prefix(length);
  }
}

}  // namespace xtape::nn::bpe
