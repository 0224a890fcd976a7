// Masks: and, or, not, any, all.
#include <boost/test/unit_test.hpp>

#include <xtape/core/xt.hpp>
#include <xtape/ops/logical.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Mask a = {true, true, false, false}, b = {true, false, true, false};
const Mask m = {{true, false, true}, {true, false, false}};

}  // namespace

BOOST_AUTO_TEST_SUITE(logical)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(logical_and(a, b), {true, false, false, false}));
  BOOST_TEST(equal(logical_or(a, b), {true, true, true, false}));
  BOOST_TEST(equal(logical_not(a), {false, false, true, true}));
  BOOST_TEST(equal(a & b, {true, false, false, false}));
  BOOST_TEST(equal(a | b, {true, true, true, false}));
  BOOST_TEST(equal(!a, {false, false, true, true}));
  BOOST_TEST(equal(!Mask(), Mask()));
}

BOOST_AUTO_TEST_CASE(shapes_broadcast) {
  const Mask column = Mask{true, false}.reshape({2, 1});
  BOOST_TEST(equal(m & column, {{true, false, true}, {false, false, false}}));
  BOOST_TEST(equal(column | m, {{true, true, true}, {true, false, false}}));
  BOOST_TEST(equal(m & Mask{true}.reshape({}), m));
  BOOST_TEST(text_of<ShapeError>([] { m | a; }) ==
             "logical_or: shapes (2, 3) and (4,) do not broadcast: axis 1 from the last has 3 and 4");
}

BOOST_AUTO_TEST_CASE(xtensor_expressions_on_either_side) {
  const xt::xarray<int> x = {1, 2, 3, 4};
  BOOST_TEST(equal(a & (x > 1), {false, true, false, false}));
  BOOST_TEST(equal((x > 3) | a, {true, true, false, true}));
}

BOOST_AUTO_TEST_CASE(any_and_all_over_axes) {
  BOOST_TEST(any(m).item());
  BOOST_TEST(!all(m).item());
  BOOST_TEST(any(m).dimension() == 0U);
  BOOST_TEST(equal(any(m, 0), {true, false, true}));
  BOOST_TEST(equal(any(m, -1), {true, true}));
  BOOST_TEST(equal(all(m, 0), {true, false, false}));
  BOOST_TEST(equal(all(m, 1), {false, false}));
  BOOST_TEST(equal(all(m, 0, {.keep_dims = true}), {{true, false, false}}));
  BOOST_TEST(equal(any(m.reshape({2, 1, 3}), {0, 2}), {true}));
  BOOST_TEST(
      equal(all(Mask{{{true, true}, {false, true}}, {{true, false}, {true, true}}}, {0, 2}), {false, false}));
}

BOOST_AUTO_TEST_CASE(any_and_all_of_nothing_and_of_one) {
  BOOST_TEST(!any(Mask()).item());
  BOOST_TEST(all(Mask()).item());
  BOOST_TEST(equal(any(Mask().reshape({2, 0}), 1), {false, false}));
  BOOST_TEST(equal(all(Mask().reshape({2, 0}), 1), {true, true}));
  BOOST_TEST((any(Mask().reshape({0, 3}), 1).shape() == Shape{0}));
  BOOST_TEST(any(Mask{true}.reshape({})).item());
  BOOST_TEST(text_of<ShapeError>([] { any(m, 2); }) ==
             "any: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] { all(m, {0, -2}); }) == "all: axis 0 of shape (2, 3) is named twice");
}

BOOST_AUTO_TEST_SUITE_END()
