// Random numbers: generators that can be replayed, and tensors drawn from them.
#pragma once

#include <atomic>
#include <cstdint>

#include <xtape/core/drawn.hpp>
#include <xtape/core/tensor.hpp>

namespace xtape {

/// A counter-based generator (Philox4x32-10, Salmon et al. 2011): number i of a stream is a function of seed
/// and i alone, so draws are parallel, reproducible for any number of threads, and can be replayed.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0) : seed_(seed) {}
  Generator(const Generator& other) : seed_(other.seed_), next_(other.next_.load()) {}
  Generator& operator=(const Generator& other) {
    seed_ = other.seed_;
    next_ = other.next_.load();
    return *this;
  }

  std::uint64_t seed() const { return seed_; }
  /// How many 32-bit numbers were drawn; with the seed, the whole state.
  std::uint64_t position() const { return next_; }
  void set_position(std::uint64_t position) { next_ = position; }
  /// Starts the stream of another seed.
  void manual_seed(std::uint64_t seed) {
    seed_ = seed;
    next_ = 0;
  }
  /// Takes n 32-bit numbers from the stream. While a checkpoint replays its function on this thread, the
  /// numbers are those of the first run, and the generator stays as it is.
  Drawn draw(index_t n);

 private:
  std::uint64_t seed_;
  std::atomic<std::uint64_t> next_{0};
};

/// The generator that draws use where none is given; one for all threads, seeded with 0.
Generator& default_generator();

/// Seeds the default generator. torch.manual_seed.
void manual_seed(std::uint64_t seed);

/// Uniform in [0, 1).
template <Real T = float>
BasicTensor<T> rand(const Shape& shape, Generator& generator = default_generator(), Here at = Here::now());
/// Normal with mean 0 and variance 1.
template <Real T = float>
BasicTensor<T> randn(const Shape& shape, Generator& generator = default_generator(), Here at = Here::now());
/// Integers uniform in [low, high). Throws ValueError for an empty range.
Indices randint(std::int64_t low, std::int64_t high, const Shape& shape,
                Generator& generator = default_generator(), Here at = Here::now());
/// True with probability p. Throws ValueError for p outside [0, 1].
Mask bernoulli(double p, const Shape& shape, Generator& generator = default_generator(),
               Here at = Here::now());
/// The integers 0 .. n - 1 in random order.
Indices permutation(index_t n, Generator& generator = default_generator(), Here at = Here::now());
/// For each row of weights (..., n), `count` indices drawn with probability proportional to the weights:
/// (..., count). Weights need not add up to 1. Throws ValueError for negative, NaN, infinite or all-zero
/// weights, and without replacement where fewer than `count` are positive. torch.multinomial.
template <Real T>
Indices multinomial(const BasicTensor<T>& weights, index_t count, bool replacement = true,
                    Generator& generator = default_generator(), Here at = Here::now());

}  // namespace xtape
