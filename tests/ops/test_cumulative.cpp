// Running sums and products, and linear recurrences: values, zeros, gradients, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/cumulative.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

using Inputs = std::vector<Tensor64>;

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};

Tensor64 random(const Shape& shape, std::uint64_t seed = 3) {
  Generator generator(seed);
  return randn<double>(shape, generator);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cumulative)

BOOST_AUTO_TEST_CASE(cumsum_along_every_axis_from_both_ends) {
  BOOST_TEST(equal(cumsum(x23, 1), {{1, 3, 6}, {4, 9, 15}}));
  BOOST_TEST(equal(cumsum(x23, 0), {{1, 2, 3}, {5, 7, 9}}));
  BOOST_TEST(equal(cumsum(x23, -1, {.from_end = true}), {{6, 5, 3}, {15, 11, 6}}));
  BOOST_TEST((cumsum(zeros<double>({0, 3}), 0).shape() == Shape{0, 3}));
  for (const index_t axis : {0, 1, 2})
    check_grads([&](const Inputs& in) { return cumsum(in[0], axis); }, {random({2, 3, 1})});
  BOOST_TEST(text_of<ShapeError>([] { cumsum(Tensor(1), 0); }) ==
             "cumsum: axis 0 of a scalar of shape (), which has no axes");
}

BOOST_AUTO_TEST_CASE(cumprod_along_every_axis) {
  BOOST_TEST(equal(cumprod(x23, 1), {{1, 2, 6}, {4, 20, 120}}));
  BOOST_TEST(equal(cumprod(x23, 0), {{1, 2, 3}, {4, 10, 18}}));
  BOOST_TEST(equal(cumprod(x23, -2), {{1, 2, 3}, {4, 10, 18}}));
  BOOST_TEST(equal(cumprod(Tensor64{2, 0, 5}, 0), {2, 0, 0}));
  BOOST_TEST((cumprod(zeros<double>({0, 3}), 0).shape() == Shape{0, 3}));
  BOOST_TEST(text_of<ShapeError>([] { cumprod(x23, 2); }) ==
             "cumprod: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(cumprod_has_right_gradients_with_zeros) {
  const auto x = Tensor64{{2, 0, 3, 5}, {0, 0, 7, 2}}.requires_grad_();
  const auto gx = grad(cumprod(x, 1), x, {.grad_outputs = {ones<double>({2, 4})}});
  BOOST_TEST(equal(gx, {{1, 2 + 6 + 30, 0, 0}, {1, 0, 0, 0}}));
}

BOOST_AUTO_TEST_CASE(cumprod_has_gradients_to_order_two) {
  const auto along = [](index_t axis) { return [axis](const Inputs& x) { return cumprod(x[0], axis); }; };
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}, Shape{3, 5, 1201}})
    for (const index_t axis : {0, 1}) check_grads(along(axis), {random(shape)});
  for (const Tensor64& x :
       {Tensor64{2, 0, 3, 5}, Tensor64{0, 2, 0, 5}, Tensor64{0, 0, 0, 1}, Tensor64{3, 2, 0, 0}})
    check_grads(along(0), {x}, {.order = 3});
}

BOOST_AUTO_TEST_CASE(recurrences_from_both_ends) {
  const Tensor64 a = {{7, 2, 3}, {7, 0, -1}}, b = {{1, 10, 100}, {4, 5, 6}};
  BOOST_TEST(equal(linear_recurrence(a, b, 1), {{1, 12, 136}, {4, 5, 1}}));
  BOOST_TEST(equal(linear_recurrence(a, b, 1, {.from_end = true}), {{621, 310, 100}, {4, -1, 6}}));
  BOOST_TEST(equal(linear_recurrence(a, b, 0), {{1, 10, 100}, {11, 5, -94}}));
  BOOST_TEST(equal(linear_recurrence(ones_like(x23), x23, 1), cumsum(x23, 1)));
  BOOST_TEST(text_of<ShapeError>([&] {
               linear_recurrence(a, Tensor64{1, 2}, 0);
             }) == "linear_recurrence: a and b differ in shape: (2, 3) and (2,)");
  BOOST_TEST(text_of<ShapeError>([&] { linear_recurrence(a, b, -3); }) ==
             "linear_recurrence: axis -3 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(recurrences_have_gradients_to_order_two) {
  for (const bool from_end : {false, true}) {
    const auto along = [=](index_t axis) {
      return [=](const Inputs& x) { return linear_recurrence(x[0], x[1], axis, {.from_end = from_end}); };
    };
    for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}, Shape{3, 5, 1201}})
      for (const index_t axis : {0, 1}) check_grads(along(axis), {random(shape), random(shape, 4)});
    check_grads([&](const Inputs& x) { return along(0)({x[0], x[0]}); }, {random({5})});
    check_grads(along(1), {zeros<double>({2, 3}), random({2, 3})});
  }
}

BOOST_AUTO_TEST_CASE(what_a_recurrence_does_not_read_has_no_gradient_beside_infinity) {
  const auto a = Tensor64{5, 1e300, 1e300}.requires_grad_();
  for (const bool from_end : {false, true}) {
    const auto y = linear_recurrence(a, {1, 1, 1}, 0, {.from_end = from_end});
    BOOST_TEST(std::isinf(y.at({from_end ? 0 : 2})));
    const auto ga = grad(y, a, {.grad_outputs = {from_end ? Tensor64{1, 0, 0} : Tensor64{0, 0, 1}}});
    BOOST_TEST(equal(ga, {0, 1e300, 1e300}));
  }
}

BOOST_AUTO_TEST_SUITE_END()
