// Token ids as data to train on: in memory, or in a file of any size.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <xtape/core/array.hpp>

namespace xtape::nn {

/// A row of token ids that is read only, in memory or in a mapped file, of which the system holds what is in
/// use. Copies and slices share it.
class Tokens {
 public:
  /// Ids (N,) in memory, which are shared. Throws ShapeError where they have not one axis.
  Tokens(const Indices& ids, Here at = Here::now());

  index_t size() const { return size_; }
  /// The ids from `begin` on, before `end`. Throws IndexError where they do not lie within.
  Tokens slice(index_t begin, index_t end, Here at = Here::now()) const;
  /// The first train_fraction of the ids, rounded down, and the rest. Throws ValueError for a fraction
  /// outside [0, 1].
  std::pair<Tokens, Tokens> split(double train_fraction = 0.9, Here at = Here::now()) const;
  /// All ids as an array, (N,).
  Indices to_indices() const;
  /// Writes the ids of a slice to `out`. Throws IndexError.
  void copy(index_t begin, index_t end, std::int64_t* out, Here at = Here::now()) const;

 private:
  friend Tokens load_tokens(const std::string&, index_t, Here);

  Tokens(std::shared_ptr<const std::byte> data, std::size_t width, index_t size)
      : data_(std::move(data)), width_(width), size_(size) {}

  std::shared_ptr<const std::byte> data_;
  std::size_t width_;  // bytes an id: 2 or 4 in a file, 8 in memory
  index_t size_;
};

/// Maps a file of nothing but ids, little-endian and unsigned: of 16 bits each where vocab_size is at most
/// 65536, else of 32. nanoGPT's train.bin is such a file, for a vocabulary of 50257. Throws IoError where its
/// size is not that of whole ids, or one of them is not below vocab_size.
Tokens load_tokens(const std::string& path, index_t vocab_size, Here at = Here::now());

/// Writes such a file, complete or not at all. Throws IoError, and IndexError for an id that is not below
/// vocab_size.
void save_tokens(const std::string& path, const Tokens& tokens, index_t vocab_size, Here at = Here::now());

}  // namespace xtape::nn
