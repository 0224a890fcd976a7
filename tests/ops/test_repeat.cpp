// tile and repeat: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/repeat.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::message_of;
using test::text_of;

namespace {

const Tensor64 x22 = {{1, 2}, {3, 4}};

}  // namespace

BOOST_AUTO_TEST_SUITE(tile_and_repeat)

BOOST_AUTO_TEST_CASE(tile_puts_copies_side_by_side) {
  BOOST_TEST(equal(tile(x22, 2), {{1, 2, 1, 2}, {3, 4, 3, 4}}));
  BOOST_TEST(equal(tile(x22, {2, 1}), {{1, 2}, {3, 4}, {1, 2}, {3, 4}}));
  BOOST_TEST(equal(tile(Tensor64{1, 2}, {2, 2}), {{1, 2, 1, 2}, {1, 2, 1, 2}}));
  BOOST_TEST((tile(x22, {3, 1, 2}).shape() == Shape{3, 2, 4}));
  BOOST_TEST(equal(tile(Tensor64(5), 3), {5, 5, 5}));
  BOOST_TEST(equal(tile(x22, Shape{}), x22));
  BOOST_TEST((tile(x22, {0, 1}).shape() == Shape{0, 2}));
  BOOST_TEST((tile(Tensor64(), 3).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(repeat_puts_copies_of_elements_in_a_row) {
  BOOST_TEST(equal(repeat(x22, 2), {1, 1, 2, 2, 3, 3, 4, 4}));
  BOOST_TEST(equal(repeat(x22, 2, 0), {{1, 2}, {1, 2}, {3, 4}, {3, 4}}));
  BOOST_TEST(equal(repeat(x22, 2, -1), {{1, 1, 2, 2}, {3, 3, 4, 4}}));
  BOOST_TEST((repeat(x22, 0, 1).shape() == Shape{2, 0}));
  BOOST_TEST(equal(repeat(Tensor64(5), 2), {5, 5}));
  BOOST_TEST((repeat(zeros({0, 2}), 3, 0).shape() == Shape{0, 2}));
}

BOOST_AUTO_TEST_CASE(repeat_takes_a_count_for_each_place) {
  BOOST_TEST(equal(repeat(x22, {1, 3}, 0), {{1, 2}, {3, 4}, {3, 4}, {3, 4}}));
  BOOST_TEST(equal(repeat(x22, {0, 2}, 1), {{2, 2}, {4, 4}}));
  BOOST_TEST(equal(repeat(x22, {0, 1, 2, 0}), {2, 3, 3}));
  BOOST_TEST((repeat(x22, {0, 0}, 1).shape() == Shape{2, 0}));
}

BOOST_AUTO_TEST_CASE(errors) {
  BOOST_TEST(text_of<ValueError>([] { tile(x22, {2, -1}); }) == "tile: -1 repetitions; there are 0 or more");
  BOOST_TEST(text_of<ValueError>([] { repeat(x22, -2, 0); }) ==
             "repeat: -2 repetitions; there are 0 or more");
  BOOST_TEST(text_of<ShapeError>([] { repeat(x22, 2, 2); }) ==
             "repeat: axis 2 is out of range for shape (2, 2); axes go from -2 to 1");
  const index_t huge = index_t{1} << 62;
  BOOST_TEST(text_of<ShapeError>([&] { repeat(x22, huge, 0); }) ==
             "repeat: 4611686018427387904 times 2 places of shape (2, 2) do not fit in memory");
  BOOST_TEST(text_of<ShapeError>([&] {
               tile(x22, {1, huge});
             }) == "tile: 4611686018427387904 times 2 places of shape (2, 2) do not fit in memory");
  const auto wrong = [] { repeat(x22, {1, 2, 3}, 0); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(wrong) ==
             "repeat: counts (3,) are not one for each of the 2 places along axis 0 of shape (2, 2)" +
                 test::place(__FILE__, line));
}

BOOST_AUTO_TEST_CASE(as_many_axes_as_there_may_be) {
  Shape shape(32, 1), counts(32, 1);
  shape[30] = shape[31] = 2;
  const auto x = reshape(x22, shape);
  shape[31] = 4;
  BOOST_TEST(equal(repeat(x, 2, -1), reshape(repeat(x22, 2, -1), shape)));
  counts[0] = shape[0] = 2;
  shape[31] = 2;
  BOOST_TEST(equal(tile(x, counts), reshape(tile(x22, {2, 1}), shape)));
  BOOST_TEST(text_of<ShapeError>([&] { tile(x, 3); }) ==
             "tile: 33 axes for shape " + to_string(x.shape()) +
                 " by (3,), two for each that is repeated; 32 are the most");
}

BOOST_AUTO_TEST_CASE(gradients) {
  Generator generator(1);
  for (const Shape& shape : {Shape{2, 3}, Shape{1, 1}, Shape{0, 3}, Shape{131, 257}}) {
    const auto x = randn<double>(shape, generator);
    const auto check = [&](auto f) { check_grads([&](const auto& v) { return f(v[0]); }, {x}); };
    check([](const auto& v) { return tile(v, {2, 1, 3}); });
    check([](const auto& v) { return repeat(v, 3, 0); });
    check([](const auto& v) { return repeat(v, 2); });
    if (shape[1] == 3) check([](const auto& v) { return repeat(v, {2, 0, 1}, 1); });
  }
}

BOOST_AUTO_TEST_SUITE_END()
