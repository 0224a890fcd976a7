// Reductions: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};

const std::vector<Shape> shapes = {{2, 3, 4}, {1, 1, 1}, {2, 0, 3}, {3, 37, 301}};
const std::vector<Axes> some_axes = {{}, 0, -1, {0, 2}, {-2}};

}  // namespace

BOOST_AUTO_TEST_SUITE(reduce)

BOOST_AUTO_TEST_CASE(sum_over_each_axis) {
  BOOST_TEST(equal(sum(x23), 21));
  BOOST_TEST(equal(sum(x23, 0), {5, 7, 9}));
  BOOST_TEST(equal(sum(x23, -1), {6, 15}));
  BOOST_TEST(equal(sum(x23, {0, 1}), 21));
  BOOST_TEST(equal(sum(x23, 0, {.keep_dims = true}), {{5, 7, 9}}));
  BOOST_TEST(equal(sum(x23, {}, {.keep_dims = true}), full<double>({1, 1}, 21)));
  const auto x = reshape(arange<double>(24), {2, 3, 4});
  BOOST_TEST(equal(sum(x, {2, 0}), {60, 92, 124}));
  BOOST_TEST(equal(sum(x, std::vector<int>{-1, 0}), {60, 92, 124}));
  BOOST_TEST(equal(sum(x, 1), {{12, 15, 18, 21}, {48, 51, 54, 57}}));
}

BOOST_AUTO_TEST_CASE(sum_of_scalars_and_of_nothing) {
  BOOST_TEST(equal(sum(Tensor64(3)), 3));
  BOOST_TEST(equal(sum(Tensor64{5}), 5));
  BOOST_TEST(equal(sum(Tensor64()), 0));
  BOOST_TEST(equal(sum(zeros<double>({2, 0}), 1), {0, 0}));
  BOOST_TEST((sum(zeros<double>({2, 0}), 0).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(sum_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] { sum(x23, 2); }) ==
             "sum: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] { sum(x23, {1, -1}); }) == "sum: axis 1 of shape (2, 3) is named twice");
  BOOST_TEST(text_of<ShapeError>([] { sum(Tensor64(1), 0); }) ==
             "sum: axis 0 of a scalar of shape (), which has no axes");
}

BOOST_AUTO_TEST_CASE(sum_to_adds_up_what_broadcasting_repeated) {
  BOOST_TEST(equal(sum_to(x23, {3}), {5, 7, 9}));
  BOOST_TEST(equal(sum_to(x23, {1, 3}), {{5, 7, 9}}));
  BOOST_TEST(equal(sum_to(x23, {2, 1}), reshape(Tensor64{6, 15}, {2, 1})));
  BOOST_TEST(equal(sum_to(x23, {}), 21));
  BOOST_TEST(equal(sum_to(x23, {1}), {21}));
  BOOST_TEST(sum_to(x23, {2, 3}).data() == x23.data());
  BOOST_TEST(equal(sum_to(zeros<double>({0, 3}), {1, 3}), {{0, 0, 0}}));
  BOOST_TEST(text_of<ShapeError>([] { sum_to(x23, {2}); }) ==
             "sum_to: shape (2,) does not broadcast to (2, 3)");
}

BOOST_AUTO_TEST_CASE(gradients_of_sums) {
  const auto x = x23.clone().requires_grad_();
  sum(x, 1).backward(Tensor64{10, 20});
  BOOST_TEST(equal(x.grad(), {{10, 10, 10}, {20, 20, 20}}));
  x.zero_grad();
  sum_to(x, {3}).backward(Tensor64{1, 2, 3});
  BOOST_TEST(equal(x.grad(), {{1, 2, 3}, {1, 2, 3}}));
}

BOOST_AUTO_TEST_CASE(sums_have_gradients_to_order_two) {
  for (const Shape& shape : shapes) {
    const auto v = randn<double>(shape);
    for (const Axes& axis : some_axes) {
      check_grads([&](const auto& x) { return sum(x[0], axis); }, {v});
      check_grads([&](const auto& x) { return sum(x[0], axis, {.keep_dims = true}); }, {v});
    }
    check_grads([&](const auto& x) { return sum_to(x[0], {shape[1], 1}); }, {v});
    check_grads([&](const auto& x) { return sum_to(x[0], {1, 1, shape[2]}); }, {v});
    check_grads([](const auto& x) { return sum_to(x[0], {}); }, {v});
  }
}

BOOST_AUTO_TEST_SUITE_END()
