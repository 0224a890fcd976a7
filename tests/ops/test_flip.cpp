// flip and roll: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/flip.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};

}  // namespace

BOOST_AUTO_TEST_SUITE(flip_and_roll)

BOOST_AUTO_TEST_CASE(flip_reverses_the_axes_named) {
  BOOST_TEST(equal(flip(x23), {{6, 5, 4}, {3, 2, 1}}));
  BOOST_TEST(equal(flip(x23, 0), {{4, 5, 6}, {1, 2, 3}}));
  BOOST_TEST(equal(flip(x23, -1), {{3, 2, 1}, {6, 5, 4}}));
  BOOST_TEST(equal(flip(x23, {1, 0}), flip(x23)));
  BOOST_TEST(equal(flip(Tensor64(3)), 3));
  BOOST_TEST((flip(Tensor64()).shape() == Shape{0}));
  BOOST_TEST((flip(reshape(Tensor64(), {0, 3})).shape() == Shape{0, 3}));
  BOOST_TEST((flip(zeros({1, 1})).storage() != nullptr));
}

BOOST_AUTO_TEST_CASE(roll_moves_what_leaves_to_the_other_end) {
  BOOST_TEST(equal(roll(x23, 1), {{6, 1, 2}, {3, 4, 5}}));
  BOOST_TEST(equal(roll(x23, -2), {{3, 4, 5}, {6, 1, 2}}));
  BOOST_TEST(equal(roll(x23, 1, 1), {{3, 1, 2}, {6, 4, 5}}));
  BOOST_TEST(equal(roll(x23, 1, 0), {{4, 5, 6}, {1, 2, 3}}));
  BOOST_TEST(equal(roll(x23, -1, -1), roll(x23, 2, 1)));
  BOOST_TEST(equal(roll(x23, 1, {0, 1}), {{6, 4, 5}, {3, 1, 2}}));
  BOOST_TEST(equal(roll(x23, {1, 2}, {0, 1}), {{5, 6, 4}, {2, 3, 1}}));
  BOOST_TEST(equal(roll(x23, {1, 1}, {1, 1}), roll(x23, 2, 1)));
  BOOST_TEST(equal(roll(x23, 3 * 1000001, 1), x23));
  BOOST_TEST(equal(roll(Tensor64(3), 5), 3));
  BOOST_TEST((roll(zeros({0, 3}), 1, 0).shape() == Shape{0, 3}));
  BOOST_TEST((roll(Tensor64(), 1).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(wrong_axes_and_shifts_are_named) {
  BOOST_TEST(text_of<ShapeError>([] { flip(x23, 2); }) ==
             "flip: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] {
               flip(x23, {0, -2});
             }) == "flip: axis 0 of shape (2, 3) is named twice");
  BOOST_TEST(text_of<ShapeError>([] { roll(x23, 1, -3); }) ==
             "roll: axis -3 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ValueError>([] {
               roll(x23, {1, 2, 3}, {0, 1});
             }) == "roll: 3 shifts for 2 axes; give one for each");
}

BOOST_AUTO_TEST_CASE(gradients) {
  Generator generator(1);
  for (const Shape& shape : {Shape{2, 3, 1}, Shape{1, 1, 1}, Shape{0, 3, 1}, Shape{37, 31, 17}}) {
    const auto x = randn<double>(shape, generator);
    const auto check = [&](auto f) { check_grads([&](const auto& v) { return f(v[0]); }, {x}); };
    check([](const auto& v) { return flip(v); });
    check([](const auto& v) { return flip(v, 1); });
    check([](const auto& v) { return roll(v, 4); });
    check([](const auto& v) { return roll(v, {1, -2}, {0, 1}); });
  }
}

BOOST_AUTO_TEST_SUITE_END()
