// Random tensors: reproducible, replayable, of the right distribution.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <xtape/core/random.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::text_of;

namespace {

template <class X>
bool same_bits(const X& a, const X& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0;
}

double mean_of(const auto& x, auto f) {
  double sum = 0;
  for (index_t i = 0; i < x.size(); ++i) sum += f(static_cast<double>(x.data()[i]));
  return sum / static_cast<double>(x.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_tensors)

BOOST_AUTO_TEST_CASE(a_seed_and_a_position_are_the_whole_state) {
  Generator a(7), b(7);
  BOOST_TEST(same_bits(rand({100}, a), rand({100}, b)));
  Generator other(8);
  BOOST_TEST(!same_bits(rand({100}, a), rand({100}, other)));
  const auto position = a.position();
  const Tensor drawn = randn({33}, a);
  a.set_position(position);
  BOOST_TEST(same_bits(randn({33}, a), drawn));
  const Generator copy = a;
  BOOST_TEST(copy.position() == a.position());
}

BOOST_AUTO_TEST_CASE(draws_of_one_stream_do_not_overlap) {
  Generator generator(1);
  const Tensor first = rand({1}, generator), second = rand({1}, generator);
  BOOST_TEST(first.item() != second.item());
}

BOOST_AUTO_TEST_CASE(the_default_generator_can_be_seeded) {
  manual_seed(3);
  const Tensor first = rand({10});
  BOOST_TEST(!same_bits(rand({10}), first));
  manual_seed(3);
  BOOST_TEST(same_bits(rand({10}), first));
}

BOOST_AUTO_TEST_CASE(uniform_numbers) {
  Generator generator(1);
  const Tensor x = rand({100'000}, generator);
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return v; }) - 0.5) < 4 * std::sqrt(1.0 / 12 / 100'000));
  BOOST_TEST(*std::min_element(x.data(), x.data() + x.size()) >= 0);
  BOOST_TEST(*std::max_element(x.data(), x.data() + x.size()) < 1);
  const Tensor64 fine = rand<double>({1000}, generator);
  BOOST_TEST(
      std::any_of(fine.data(), fine.data() + 1000, [](double v) { return v != static_cast<float>(v); }));
}

BOOST_AUTO_TEST_CASE(normal_numbers) {
  Generator generator(2);
  const Tensor64 x = randn<double>({200'000}, generator);
  const double n = 200'000;
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return v; })) < 4 / std::sqrt(n));
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return v * v; }) - 1) < 4 * std::sqrt(2 / n));
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return v * v * v * v; }) - 3) < 4 * std::sqrt(96 / n));
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return std::abs(v) < 1; }) - 0.682689) <
             4 * std::sqrt(0.22 / n));
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  test::check_threads([] {
    Generator generator(5);
    const Tensor x = randn({1'000'003}, generator);
    return std::vector<float>(x.data(), x.data() + x.size());
  });
}

BOOST_AUTO_TEST_CASE(integers) {
  Generator generator(3);
  const Indices x = randint(-2, 3, {50'000}, generator);
  for (std::int64_t value = -2; value < 3; ++value)
    BOOST_TEST(std::abs(static_cast<double>(std::count(x.data(), x.data() + x.size(), value)) - 10'000) <
               400);
  const auto low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(randint(low, high, {10}, generator).at({0}) != randint(low, high, {10}, generator).at({0}));
  BOOST_TEST(text_of<ValueError>([] { randint(3, 3, {1}); }) == "randint: no integer lies in [3, 3)");
}

BOOST_AUTO_TEST_CASE(coins) {
  Generator generator(4);
  const Mask x = bernoulli(0.3, {100'000}, generator);
  BOOST_TEST(std::abs(mean_of(x, [](double v) { return v; }) - 0.3) < 4 * std::sqrt(0.21 / 100'000));
  BOOST_TEST(mean_of(bernoulli(1, {1000}), [](double v) { return v; }) == 1);
  BOOST_TEST(mean_of(bernoulli(0, {1000}), [](double v) { return v; }) == 0);
  BOOST_TEST(text_of<ValueError>([] { bernoulli(1.5, {1}); }) ==
             "bernoulli: p = 1.5 is not a probability; it lies between 0 and 1");
}

BOOST_AUTO_TEST_CASE(permutations) {
  Generator generator(5);
  const Indices x = permutation(100, generator);
  std::vector<std::int64_t> sorted(x.data(), x.data() + 100);
  BOOST_TEST(!std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (std::int64_t i = 0; i < 100; ++i) BOOST_TEST(sorted[static_cast<std::size_t>(i)] == i);
  int counts[3][3] = {};
  for (int i = 0; i < 6000; ++i) {
    const Indices p = permutation(3, generator);
    for (int j = 0; j < 3; ++j) ++counts[j][p.data()[j]];
  }
  for (const auto& row : counts)
    for (const int count : row) BOOST_TEST(std::abs(count - 2000) < 160);
  BOOST_TEST((permutation(0, generator).shape() == Shape{0}));
  BOOST_TEST(text_of<ValueError>([] { permutation(-1); }) == "permutation: n = -1; it is 0 or more");
}

BOOST_AUTO_TEST_CASE(weighted_draws) {
  Generator generator(6);
  const Tensor weights = {{1, 0, 3}, {0, 5, 0}};
  const Indices x = multinomial(weights, 20'000, true, generator);
  BOOST_TEST((x.shape() == Shape{2, 20'000}));
  const auto count = [&](index_t row, std::int64_t value) {
    return static_cast<double>(std::count(x.data() + row * 20'000, x.data() + (row + 1) * 20'000, value));
  };
  BOOST_TEST(count(0, 1) == 0);
  BOOST_TEST(std::abs(count(0, 2) - 15'000) < 4 * std::sqrt(20'000 * 0.1875));
  BOOST_TEST(count(1, 1) == 20'000);
  const Indices all = multinomial(Tensor{1, 2, 3, 0}, 3, false, generator);
  BOOST_TEST(all.at({0}) + all.at({1}) + all.at({2}) == 3);
}

BOOST_AUTO_TEST_CASE(weights_are_checked) {
  const auto message = [](const Tensor& weights, index_t count, bool replacement) {
    return text_of<ValueError>([&] { multinomial(weights, count, replacement); });
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  BOOST_TEST(message({1, nan}, 1, true) ==
             "multinomial: weight nan at position 1; weights are finite and 0 or more");
  BOOST_TEST(message({-1, 1}, 1, true) ==
             "multinomial: weight -1 at position 0; weights are finite and 0 or more");
  BOOST_TEST(message({0, 0}, 1, true) == "multinomial: all 2 weights are 0; one must be positive");
  BOOST_TEST(message({1, 0, 1}, 3, false) ==
             "multinomial: 3 draws without replacement from 2 positive weights");
  BOOST_TEST(message({1}, -1, true) == "multinomial: count = -1; it is 0 or more");
  BOOST_TEST(message(Tensor(), 1, true) == "multinomial: there are no weights to draw from");
  BOOST_TEST(text_of<ShapeError>([] { multinomial(Tensor(1), 1); }) ==
             "multinomial: weights needs at least 1 axis, not shape ()");
}

BOOST_AUTO_TEST_SUITE_END()
