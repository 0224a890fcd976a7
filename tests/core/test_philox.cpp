// Philox: the published answers, the Random123 library, and the bulk form at every offset.
#include <boost/test/unit_test.hpp>

#include <Random123/philox.h>

#include <array>
#include <cstdint>
#include <vector>

#include <xtape/core/philox_impl.hpp>

using namespace xtape;

BOOST_AUTO_TEST_SUITE(philox_numbers)

BOOST_AUTO_TEST_CASE(known_answers) {
  using Words = std::array<std::uint32_t, 4>;
  const auto ones = 0xffffffffu;
  BOOST_TEST(philox({0, 0, 0, 0}, {0, 0}) == (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}),
             boost::test_tools::per_element());
  BOOST_TEST(philox({ones, ones, ones, ones}, {ones, ones}) ==
                 (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}),
             boost::test_tools::per_element());
  BOOST_TEST(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                 (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(agrees_with_random123) {
  const r123::Philox4x32 reference;
  for (const std::uint64_t seed : {0ull, 1337ull, 0x123456789abcdef0ull})
    for (const std::uint64_t counter : {0ull, 1ull, 0xffffffffull, 0x100000000ull, 0xfedcba9876543210ull}) {
      const auto expected =
          reference({{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32)}},
                    {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}});
      BOOST_TEST(philox(seed, counter) == expected, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(bulk_words_are_those_of_their_index) {
  const std::uint64_t seed = 42;
  const PhiloxKeys keys = philox_keys(seed);
  const auto number = [&](std::uint64_t i) { return philox(seed, i / 4)[i % 4]; };
  for (const std::uint64_t first :
       {0ull, 1ull, 7ull, 126ull, 128ull, 0x3fffffff0ull, (1ull << 40) + 3, (1ull << 63) + 2})
    for (const index_t n : {0, 1, 3, 4, 127, 128, 129, 500}) {
      std::vector<std::uint32_t> numbers(static_cast<std::size_t>(n) + 1, 77), expected(numbers);
      std::vector<std::uint16_t> halves(numbers.size(), 77), expected_halves(halves);
      philox_words(numbers.data(), first, 0, n, keys);
      philox_words(halves.data(), first, 5, n, keys);
      for (index_t i = 0; i < n; ++i) {
        const auto at = static_cast<std::uint64_t>(i);
        expected[at] = number(first + at);
        expected_halves[at] = static_cast<std::uint16_t>(number(first + (5 + at) / 2) >> ((5 + at) % 2 * 16));
      }
      BOOST_TEST(numbers == expected, "first " << first << " n " << n);
      BOOST_TEST(halves == expected_halves, "halves, first " << first << " n " << n);
    }
}

BOOST_AUTO_TEST_CASE(uniform_numbers_lie_in_the_half_open_interval) {
  BOOST_TEST(uniform01(0u) == 0.0f);
  BOOST_TEST(uniform01(0xffffffffu) == 1.0f - 0x1p-24f);
  BOOST_TEST(uniform01(0x80000000u) == 0.5f);
  BOOST_TEST(uniform01(0u, 0u) == 0.0);
  BOOST_TEST(uniform01(0xffffffffu, 0xffffffffu) == 1.0 - 0x1p-53);
  BOOST_TEST(uniform01(0u, 0x800u) == 0x1p-53);
}

BOOST_AUTO_TEST_SUITE_END()
