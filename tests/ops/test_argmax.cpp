// argmax and argmin: values, ties, NaN, axes, errors.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/argmax.hpp>
#include <xtape/ops/indexing.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

const Tensor64 x = {{1, 5, 3}, {4, 0, 5}};

}  // namespace

BOOST_AUTO_TEST_SUITE(argmax_and_argmin)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(argmax(x, 0), {1, 0, 1}));
  BOOST_TEST(equal(argmax(x, -1), {1, 2}));
  BOOST_TEST(equal(argmin(x, 0), {0, 1, 0}));
  BOOST_TEST(equal(argmin(x, 1), {0, 1}));
  BOOST_TEST(argmax(x).item() == 1);
  BOOST_TEST(argmin(x).item() == 4);
  BOOST_TEST(argmax(x).dimension() == 0U);
  BOOST_TEST(equal(argmax(x, 0, {.keep_dims = true}), {{1, 0, 1}}));
  BOOST_TEST((argmin(x, {}, {.keep_dims = true}).shape() == Shape{1, 1}));
  BOOST_TEST(argmax(Tensor64(3)).item() == 0);
}

BOOST_AUTO_TEST_CASE(the_first_of_equal_ones_and_the_first_nan) {
  BOOST_TEST(equal(argmax(Tensor64{{2, 7, 7}, {0, -0.0, 0}, {-inf, -inf, -inf}}, 1), {1, 0, 0}));
  BOOST_TEST(equal(argmin(Tensor64{{2, 1, 1}, {inf, inf, inf}}, 1), {1, 0}));
  const Tensor many_nan = {{1, NAN, 9, NAN}, {NAN, 1, 2, 3}, {-INFINITY, INFINITY, 0, NAN}};
  BOOST_TEST(equal(argmax(many_nan, 1), {1, 0, 3}));
  BOOST_TEST(equal(argmin(many_nan, 1), {1, 0, 3}));
  BOOST_TEST(equal(argmax(many_nan, 0), {1, 0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(large_arrays) {
  const auto large = randn<double>({5, 301, 1201});
  for (const index_t axis : {0, 1, 2}) {
    const auto indices = argmax(large, axis, {.keep_dims = true});
    BOOST_TEST(equal(take_along_axis(large, indices, axis), amax(large, axis, {.keep_dims = true})));
  }
}

BOOST_AUTO_TEST_CASE(nothing_to_choose_from) {
  BOOST_TEST((argmax(zeros({0, 3}), 1).shape() == Shape{0}));
  BOOST_TEST(text_of<ShapeError>([] {
               argmax(zeros({2, 0}), 1);
             }) == "argmax: nothing to choose from: shape (2, 0) is empty along axes to reduce");
  BOOST_TEST(text_of<ShapeError>([] { argmin(Tensor()); }) ==
             "argmin: nothing to choose from: shape (0,) is empty along axes to reduce");
  BOOST_TEST(text_of<ShapeError>([] { argmin(x, 2); }) ==
             "argmin: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_SUITE_END()
