// lerp: values, ends, distances that overflow, gradients.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/ops/interpolation.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

BOOST_AUTO_TEST_SUITE(interpolation)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 a = {1, 2, 3}, b = {5, -2, 3};
  BOOST_TEST(equal(lerp(a, b, 0.25), {2, 1, 3}));
  BOOST_TEST(equal(lerp(a, b, 2), {9, -6, 3}));
  BOOST_TEST(equal(lerp(a, 0, -1), {2, 4, 6}));
  BOOST_TEST(equal(lerp(a, b, Tensor64{{0, 0.5, 1}, {1, 0, 0.75}}), {{1, 0, 3}, {5, 2, 3}}));
  BOOST_TEST(equal(lerp(Tensor64(1), b, Tensor64{0.5, 1, 2}), {3, -2, 5}));
}

BOOST_AUTO_TEST_CASE(the_ends_are_exact) {
  const Tensor a = {0.1F, 1e8F, -3e-20F}, b = {0.7F, 1e-8F, 5};
  BOOST_TEST(equal(lerp(a, b, 0), a));
  BOOST_TEST(equal(lerp(a, b, 1), b));
  BOOST_TEST(equal(lerp(a, a, Tensor{0.3F, 0.6F, 0.9F}), a));
}

BOOST_AUTO_TEST_CASE(distances_that_overflow) {
  BOOST_TEST(close(lerp(Tensor{3e38F}, Tensor{-3e38F}, 0.5), {0}));
  BOOST_TEST(equal(lerp(Tensor64{inf, 2, inf, -inf}, Tensor64{2, inf, 2, 1}, Tensor64{0.5, 0, 1, 0.25}),
                   {inf, 2, 2, -inf}));
  BOOST_TEST(std::isnan(lerp(Tensor64(inf), -inf, 0.5).item()));
}

BOOST_AUTO_TEST_CASE(gradients) {
  for (const double weight : {0.25, 0.75})
    test::check_binary([=](const Tensor64& a, const Tensor64& b) { return lerp(a, b, weight); }, -2, 2);
  const auto f = [](const std::vector<Tensor64>& x) { return lerp(x[0], x[1], x[2]); };
  for (const Shape& shape : {Shape{2, 3}, Shape{3}, Shape{1, 1}, Shape{}, Shape{0, 3}}) {
    check_grads(f, {test::uniform(shape, -1, 1, 1), test::uniform({3}, -1, 1, 2), test::uniform({}, 0, 1, 3)},
                {.order = 3});
    check_grads(f, {test::uniform({}, -1, 1, 1), test::uniform({1}, -1, 1, 2), test::uniform(shape, 0, 1, 3)},
                {.order = 3});
  }
  const Shape large = {test::odd_and_large};
  check_grads(
      f, {test::uniform(large, -1, 1, 1), test::uniform(large, -1, 1, 2), test::uniform(large, 0, 1, 3)});
  check_grads([](const std::vector<Tensor64>& x) { return lerp(x[0], x[0], x[0]); },
              {test::uniform({4}, 0, 1)}, {.order = 3});
}

BOOST_AUTO_TEST_CASE(what_does_not_broadcast) {
  const Tensor a = {1, 2, 3};
  BOOST_TEST(text_of<ShapeError>([&] {
               lerp(a, Tensor{1, 2}, 0.5);
             }) == "lerp: shapes (3,) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
  BOOST_TEST(text_of<ShapeError>([&] {
               lerp(a, a, Tensor{1, 2});
             }) == "lerp: shapes (3,), (3,) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
}

BOOST_AUTO_TEST_SUITE_END()
