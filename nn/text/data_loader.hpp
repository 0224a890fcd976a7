// Batches of a text, one after the other, made on a thread of their own.
#pragma once

#include <cstdint>
#include <memory>

#include <xtape/nn/state_dict.hpp>
#include <xtape/nn/text/text.hpp>
#include <xtape/nn/text/tokens.hpp>

namespace xtape::nn {

struct DataLoaderOptions {
  index_t batch_size = 12;
  index_t block_size = 64;
  bool epochs = false;     ///< false: windows at random offsets, as nanoGPT draws them; true: windows side by
                           ///< side, each once in an epoch, in another order in each
  std::uint64_t seed = 0;  ///< batch i depends on the seed and i alone
  index_t prefetch = 4;    ///< batches that wait ready; 0: each is made when it is asked for
};

/// Hands out batches without end. With random offsets they are those of random_batch() with Generator(seed).
/// In epochs the last batch of one is filled up with windows of the next; tokens after the last whole window
/// are left out. torch.utils.data.DataLoader.
class DataLoader {
 public:
  /// Throws ValueError where there are too few tokens for a block and the token after it, or for sizes below
  /// 1.
  explicit DataLoader(Tokens tokens, DataLoaderOptions options = {}, Here at = Here::now());
  ~DataLoader();
  DataLoader(DataLoader&&) noexcept;
  DataLoader& operator=(DataLoader&&) noexcept;

  /// The batch at position(), which moves on. What went wrong on the other thread is thrown here.
  TextBatch next();
  /// How many batches were handed out.
  index_t position() const;
  /// Goes to any place. Throws ValueError for one below 0.
  void seek(index_t position, Here at = Here::now());

  /// The position, and what it is a position in.
  StateDict state_dict() const;
  /// Goes to a remembered position. Throws ValueError where the loader has other tokens, sizes or seed.
  void load_state_dict(const StateDict& state, Here at = Here::now());

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace xtape::nn
