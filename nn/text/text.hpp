// Text as training data: reading it, setting a part aside, drawing batches.
#pragma once

#include <string>
#include <vector>

#include <xtape/core/array.hpp>
#include <xtape/core/random.hpp>
#include <xtape/nn/text/tokens.hpp>

namespace xtape::nn {

/// The bytes of a file. Throws IoError where it cannot be read.
std::string read_text(const std::string& path, Here at = Here::now());

/// Tokens to train on and tokens to validate with.
struct TextSplit {
  Indices train;
  Indices val;
};

/// Cuts tokens (N,) in two: the first train_fraction of them, rounded down, and the rest. Throws ValueError
/// for a fraction outside [0, 1].
TextSplit split_text(const Indices& tokens, double train_fraction = 0.9, Here at = Here::now());

/// Windows of a text and, for each position, the token that follows.
struct TextBatch {
  Indices x;  ///< (B, T)
  Indices y;  ///< (B, T): x one token later
};

/// The windows of block_size tokens that start at `offsets`. Throws IndexError for one that does not fit into
/// tokens (N,) with the token after it.
TextBatch batch_at(const Tokens& tokens, const Indices& offsets, index_t block_size, Here at = Here::now());
TextBatch batch_at(const Indices& tokens, const Indices& offsets, index_t block_size, Here at = Here::now());

/// batch_size windows at random offsets. Throws ValueError where tokens (N,) are not more than block_size.
TextBatch random_batch(const Indices& tokens, index_t batch_size, index_t block_size,
                       Generator& generator = default_generator(), Here at = Here::now());

}  // namespace xtape::nn
