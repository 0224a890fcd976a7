// Loaders of batches.
#include <xtape/nn/text/data_loader.hpp>

#include <xtape/core/error.hpp>
#include <xtape/nn/text/prefetcher_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace xtape::nn {

namespace {

/// Makes batch i of a text, from the seed and i.
class BatchMaker {
 public:
  BatchMaker(Tokens tokens, const DataLoaderOptions& options)
      : tokens_(std::move(tokens)), options_(options) {}

  TextBatch operator()(index_t i) {
    return batch_at(tokens_, options_.epochs ? ordered(i) : random(i), options_.block_size);
  }

 private:
  /// A generator that has drawn n numbers of 64 bits `times` times; each draw begins at a multiple of 4.
  Generator drawn(index_t n, index_t times) const {
    Generator generator(options_.seed);
    generator.set_position(static_cast<std::uint64_t>((2 * n + 3) / 4 * 4) *
                           static_cast<std::uint64_t>(times));
    return generator;
  }

  Indices random(index_t i) const {
    auto generator = drawn(options_.batch_size, i);
    return randint(0, tokens_.size() - options_.block_size, {options_.batch_size}, generator);
  }

  Indices ordered(index_t i) {
    const index_t windows = (tokens_.size() - 1) / options_.block_size;
    std::vector<std::int64_t> offsets;
    for (index_t n = i * options_.batch_size; n < (i + 1) * options_.batch_size; ++n)
      offsets.push_back(order_of(n / windows, windows).data()[n % windows] * options_.block_size);
    return offsets;
  }

  const Indices& order_of(index_t epoch, index_t windows) {
    if (epoch != epoch_) {
      auto generator = drawn(windows, epoch);
      order_ = permutation(windows, generator);
      epoch_ = epoch;
    }
    return order_;
  }

  Tokens tokens_;
  DataLoaderOptions options_;
  index_t epoch_ = -1;
  Indices order_;  // of the windows, in this epoch
};

void check(const Tokens& tokens, const DataLoaderOptions& o, Here at) {
  if (o.batch_size < 1 || o.block_size < 1 || o.prefetch < 0)
    raise<ValueError>(
        fmt::format(
            "DataLoader: batch_size {} and block_size {} must be 1 or more, prefetch {} must be 0 or more",
            o.batch_size, o.block_size, o.prefetch),
        at);
  if (tokens.size() <= o.block_size)
    raise<ValueError>(
        fmt::format("DataLoader: {} tokens are too few for a block of {} and the token after it; use a "
                    "longer text or a smaller block_size",
                    tokens.size(), o.block_size),
        at);
}

}  // namespace

class DataLoader::State {
 public:
  State(Tokens tokens, const DataLoaderOptions& options)
      : tokens_(std::move(tokens)), options_(options), make_(tokens_, options) {
    start(0);
  }

  void start(index_t position) {
    prefetcher_.reset();
    position_ = position;
    if (options_.prefetch > 0)
      prefetcher_.emplace(BatchMaker(tokens_, options_), position,
                          static_cast<std::size_t>(options_.prefetch));
  }

  TextBatch next() {
    auto batch = prefetcher_ ? prefetcher_->next() : make_(position_);
    ++position_;
    return batch;
  }

  index_t position() const { return position_; }

  /// Where windows can still be counted.
  index_t last_position() const { return (index_t{1} << 62) / options_.batch_size; }

  /// What a position means something for.
  std::vector<std::int64_t> facts() const {
    return {tokens_.size(), options_.batch_size, options_.block_size, options_.epochs ? 1 : 0,
            std::bit_cast<std::int64_t>(options_.seed)};
  }

 private:
  Tokens tokens_;
  DataLoaderOptions options_;
  index_t position_ = 0;
  BatchMaker make_;
  std::optional<Prefetcher<TextBatch>> prefetcher_;
};

DataLoader::DataLoader(Tokens tokens, DataLoaderOptions options, Here at) {
  check(tokens, options, at);
  state_ = std::make_unique<State>(std::move(tokens), options);
}

DataLoader::~DataLoader() = default;
DataLoader::DataLoader(DataLoader&&) noexcept = default;
DataLoader& DataLoader::operator=(DataLoader&&) noexcept = default;

TextBatch DataLoader::next() { return state_->next(); }

index_t DataLoader::position() const { return state_->position(); }

void DataLoader::seek(index_t position, Here at) {
  if (position < 0 || position > state_->last_position())
    raise<ValueError>(
        fmt::format("DataLoader: position = {}; it is from 0 to {}", position, state_->last_position()), at);
  state_->start(position);
}

StateDict DataLoader::state_dict() const {
  StateDict state;
  state.add("position", Indices{position()});
  state.add("of", Indices(state_->facts()));
  return state;
}

void DataLoader::load_state_dict(const StateDict& state, Here at) {
  const auto& saved = state.get<Indices>("of", at);
  const auto own = state_->facts();
  if (!std::equal(own.begin(), own.end(), saved.data(), saved.data() + saved.size()))
    raise<ValueError>(
        fmt::format("DataLoader: the state is of tokens, batch_size, block_size, epochs and seed {}, not {}",
                    fmt::join(saved.data(), saved.data() + saved.size(), ", "), fmt::join(own, ", ")),
        at);
  seek(state.get<Indices>("position", at).item(at), at);
}

}  // namespace xtape::nn
