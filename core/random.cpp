// Draws from counter-based generators.
#include <xtape/core/random.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/philox_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace xtape {

namespace {

constexpr index_t chunk = 1024;  // 32-bit numbers made at a time
constexpr index_t grain = 16 * chunk;

/// 32-bit numbers that one value of T takes: 24 random bits for float, 53 for double.
template <class T>
constexpr index_t words = sizeof(T) / sizeof(std::uint32_t);

/// Calls use(i, numbers) for every i in [0, n), where numbers points at the `width` numbers that are i's.
template <class Use>
void draw(Generator& generator, index_t n, index_t width, Use use) {
  const Drawn drawn = generator.draw(n * width);
  const PhiloxKeys keys = philox_keys(drawn.seed);
  parallel_for(n, grain, [&](index_t begin, index_t end) {
    std::array<std::uint32_t, chunk> numbers;
    for (index_t i = begin; i < end;) {
      const index_t count = std::min(end - i, chunk / width);
      philox_words(numbers.data(), drawn.first, i * width, count * width, keys);
      for (index_t j = 0; j < count; ++j) use(i + j, numbers.data() + j * width);
      i += count;
    }
  });
}

/// Uniform in [0, 1), from the words of one value.
template <Real T>
T unit_interval(const std::uint32_t* numbers) {
  if constexpr (words<T> == 1)
    return uniform01(numbers[0]);
  else
    return uniform01(numbers[0], numbers[1]);
}

/// Uniform in [0, bound) but for a bias of bound / 2^64: the upper half of a 64 x 64 bit product.
std::uint64_t below(std::uint64_t bound, const std::uint32_t* numbers) {
  __extension__ using Product = unsigned __int128;
  const std::uint64_t bits = std::uint64_t{numbers[0]} << 32 | numbers[1];
  return static_cast<std::uint64_t>(Product{bits} * bound >> 64);
}

}  // namespace

template <Real T>
BasicTensor<T> rand(const Shape& shape, Generator& generator, Here at) {
  auto y = uninitialized<T>(shape, at);
  T* out = y.data();
  draw(generator, y.size(), words<T>,
       [out](index_t i, const std::uint32_t* numbers) { out[i] = unit_interval<T>(numbers); });
  return y;
}

// Box and Muller (1958), in double: two uniform numbers u, v give sqrt(-2 ln u) cos(2 pi v).
template <Real T>
BasicTensor<T> randn(const Shape& shape, Generator& generator, Here at) {
  auto y = uninitialized<T>(shape, at);
  T* out = y.data();
  draw(generator, y.size(), 4, [out](index_t i, const std::uint32_t* numbers) {
    const double u = 1 - unit_interval<double>(numbers);  // in (0, 1]: its logarithm is finite
    const double v = unit_interval<double>(numbers + 2);
    out[i] = static_cast<T>(std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
  });
  return y;
}

Indices randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator, Here at) {
  if (low >= high) raise<ValueError>(fmt::format("randint: no integer lies in [{}, {})", low, high), at);
  auto y = uninitialized<std::int64_t>(shape, at);
  std::int64_t* out = y.data();
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  draw(generator, y.size(), 2, [=](index_t i, const std::uint32_t* numbers) {
    out[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(span, numbers));
  });
  return y;
}

Mask bernoulli(double p, const Shape& shape, Generator& generator, Here at) {
  check_probability("bernoulli", "p", p, at);
  auto y = uninitialized<bool>(shape, at);
  bool* out = y.data();
  draw(generator, y.size(), 2,
       [=](index_t i, const std::uint32_t* numbers) { out[i] = unit_interval<double>(numbers) < p; });
  return y;
}

// Fisher and Yates: position i takes one of those from i on.
Indices permutation(index_t n, Generator& generator, Here at) {
  if (n < 0) raise<ValueError>(fmt::format("permutation: n = {}; it is 0 or more", n), at);
  auto y = uninitialized<std::int64_t>({n}, at);
  std::int64_t* out = y.data();
  std::iota(out, out + n, std::int64_t{0});
  const auto noise = rand<double>({n}, generator);
  for (index_t i = 0; i < n; ++i)
    std::swap(out[i], out[i + static_cast<index_t>(noise.data()[i] * static_cast<double>(n - i))]);
  return y;
}

namespace {

// Checks one row of weights and returns its sum and how many are positive.
template <Real T>
std::pair<double, index_t> weigh(const T* weights, index_t n, Here at) {
  double total = 0;
  index_t positive = 0;
  for (index_t i = 0; i < n; ++i) {
    const double w = weights[i];
    if (!(w >= 0) || std::isinf(w))
      raise<ValueError>(
          fmt::format("multinomial: weight {} at position {}; weights are finite and 0 or more", w, i), at);
    total += w;
    positive += w > 0;
  }
  if (positive == 0)
    raise<ValueError>(fmt::format("multinomial: all {} weights are 0; one must be positive", n), at);
  return {total, positive};
}

// The first index at which the running sum of weights passes `target`; a positive weight in any case.
index_t pick(const std::vector<double>& weights, double target) {
  double sum = 0;
  index_t last_positive = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0)) continue;
    last_positive = static_cast<index_t>(i);
    sum += weights[i];
    if (target < sum) break;
  }
  return last_positive;
}

}  // namespace

template <Real T>
Indices multinomial(const BasicTensor<T>& weights, index_t count, bool replacement, Generator& generator,
                    Here at) {
  check_rank_at_least("multinomial", "weights", weights.shape(), 1, at);
  if (count < 0) raise<ValueError>(fmt::format("multinomial: count = {}; it is 0 or more", count), at);
  Shape shape = weights.shape();
  const index_t n = shape.back();
  shape.back() = count;
  auto y = uninitialized<std::int64_t>(shape, at);
  const auto uniform = rand<double>(shape, generator, at);
  const index_t rows = n == 0 ? 0 : weights.size() / n;
  if (n == 0 && y.size() > 0) raise<ValueError>("multinomial: there are no weights to draw from", at);
  for (index_t row = 0; row < rows; ++row) {
    const T* given = weights.data() + row * n;
    auto [total, positive] = weigh(given, n, at);
    if (!replacement && positive < count)
      raise<ValueError>(
          fmt::format("multinomial: {} draws without replacement from {} positive weights", count, positive),
          at);
    std::vector<double> left(given, given + n);
    for (index_t j = 0; j < count; ++j) {
      const index_t drawn = pick(left, uniform.data()[row * count + j] * total);
      y.data()[row * count + j] = drawn;
      if (!replacement) total -= std::exchange(left[static_cast<std::size_t>(drawn)], 0);
    }
  }
  return y;
}

template Tensor rand(const Shape&, Generator&, Here);
template Tensor64 rand(const Shape&, Generator&, Here);
template Tensor randn(const Shape&, Generator&, Here);
template Tensor64 randn(const Shape&, Generator&, Here);
template Indices multinomial(const Tensor&, index_t, bool, Generator&, Here);
template Indices multinomial(const Tensor64&, index_t, bool, Generator&, Here);

}  // namespace xtape
