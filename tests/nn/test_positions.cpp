// Modules that add positions.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/nn/clone.hpp>
#include <xtape/nn/positions.hpp>
#include <xtape/ops/positions.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/goldens.hpp"

using namespace xtape;
using test::difference;
using test::text_of;

BOOST_AUTO_TEST_SUITE(position_modules)

BOOST_AUTO_TEST_CASE(sinusoids_are_added) {
  const nn::SinusoidalPositions positions({.max_length = 5, .channels = 4});
  Generator generator(1);
  const auto x = randn({2, 3, 4}, generator);
  BOOST_TEST(difference(positions(x), x + sinusoidal_positions(3, 4)) == 0);
  BOOST_TEST(positions.parameter_count() == 0);
  BOOST_TEST(difference(nn::clone(positions)(x), positions(x)) == 0);
}

BOOST_AUTO_TEST_CASE(learned_positions_are_added_and_learned) {
  Generator generator(2);
  const nn::LearnedPositions positions({.max_length = 5, .channels = 4}, generator);
  BOOST_TEST(positions.parameter_count() == 20);
  const auto y = positions(zeros({2, 3, 4}));  // (B, T, C)
  BOOST_TEST(y.at({1, 2, 3}) == positions.weight.at({2, 3}));
  sum(y).backward();
  for (index_t t = 0; t < 5; ++t) BOOST_TEST(positions.weight.grad().at({t, 1}) == (t < 3 ? 2 : 0));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const nn::SinusoidalPositions sinusoidal({.max_length = 5, .channels = 4});
  const nn::LearnedPositions learned({.max_length = 5, .channels = 4});
  BOOST_TEST(text_of<ShapeError>([&] {
               sinusoidal(zeros({2, 6, 4}));
             }) == "SinusoidalPositions: x (2, 6, 4) has 6 positions, more than max_length = 5");
  BOOST_TEST(text_of<ShapeError>([&] {
               learned(zeros({2, 6, 4}));
             }) == "LearnedPositions: x (2, 6, 4) has 6 positions, more than max_length = 5");
  BOOST_TEST(text_of<ShapeError>([&] {
               learned(zeros({2, 5, 1}));
             }) == "LearnedPositions: x (2, 5, 1) does not end with the 4 channels of the positions");
  BOOST_TEST(text_of<ShapeError>([&] {
               learned(zeros({5, 4}));
             }) == "LearnedPositions: x needs 3 axes, not shape (5, 4)");
  BOOST_TEST(text_of<ValueError>([] { nn::SinusoidalPositions({.max_length = 0, .channels = 4}); }) ==
             "SinusoidalPositions: max_length = 0 must be 1 or more");
  BOOST_TEST(text_of<ValueError>([] { nn::LearnedPositions({.max_length = 1}); }) ==
             "LearnedPositions: channels = 0 must be 1 or more");
}

BOOST_AUTO_TEST_SUITE_END()
