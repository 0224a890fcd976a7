// Padding.
#include <boost/test/unit_test.hpp>

#include <xtape/nn/padding.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::text_of;

namespace {

template <class E>
bool equal(const ConstArray<E>& x, const ConstArray<E>& y) {
  return x.shape() == y.shape() && std::equal(x.data(), x.data() + x.size(), y.data());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(padding)

BOOST_AUTO_TEST_CASE(shorter_sequences_are_filled_up) {
  const auto [tokens, lengths] = nn::pad_sequences({{5, 6, 7}, {}, {8}}, -1);
  BOOST_TEST(equal(tokens, {{5, 6, 7}, {-1, -1, -1}, {8, -1, -1}}));
  BOOST_TEST(equal(lengths, {3, 0, 1}));
  BOOST_TEST(equal(nn::pad_sequences({{1, 2}, {3}}).tokens, {{1, 2}, {3, 0}}));
  BOOST_TEST(nn::pad_sequences({}).tokens.shape() == Shape({0, 0}));
  BOOST_TEST(nn::pad_sequences({}).lengths.shape() == Shape({0}));
  BOOST_TEST(nn::pad_sequences({Indices{}, Indices{}}).tokens.shape() == Shape({2, 0}));
}

BOOST_AUTO_TEST_CASE(masks_keep_what_is_no_padding) {
  const Mask expected = {{true, true, true}, {false, false, false}, {true, false, false}};
  BOOST_TEST(equal(nn::keep_mask({3, 0, 1}), expected));
  BOOST_TEST(equal(nn::keep_mask({1}, 3), {{true, false, false}}));
  BOOST_TEST(nn::keep_mask(Indices{}).shape() == Shape({0, 0}));
  BOOST_TEST(nn::keep_mask({0, 0}).shape() == Shape({2, 0}));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  BOOST_TEST(text_of<ShapeError>([] {
               nn::pad_sequences({{1}, Indices{{2, 3}}});
             }) == "pad_sequences: sequence 1 needs 1 axis, not shape (1, 2)");
  BOOST_TEST(text_of<ValueError>([] {
               nn::keep_mask({2, 4}, 3);
             }) == "keep_mask: lengths[1] = 4 is not between 0 and T = 3");
  BOOST_TEST(text_of<ValueError>([] {
               nn::keep_mask({2, -1});
             }) == "keep_mask: lengths[1] = -1 is not between 0 and T = 2");
}

BOOST_AUTO_TEST_SUITE_END()
