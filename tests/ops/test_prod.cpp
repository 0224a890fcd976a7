// prod: values, gradients with any number of zeros, edges.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};

Tensor64 gradient(const Tensor64& values, const Axes& axis) {
  const auto x = values.detach().requires_grad_();
  const auto y = prod(x, axis);
  return grad(y, x, {.grad_outputs = {ones_like(y)}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(product)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(prod(x23), 720));
  BOOST_TEST(equal(prod(x23, 0), {4, 10, 18}));
  BOOST_TEST(equal(prod(x23, -1), {6, 120}));
  BOOST_TEST(equal(prod(x23, 0, {.keep_dims = true}), {{4, 10, 18}}));
  BOOST_TEST(equal(prod(reshape(x23, {2, 1, 3}), {2, 0}), {720}));
  BOOST_TEST(equal(prod(Tensor64(3)), 3));
  BOOST_TEST(equal(prod(Tensor64()), 1));
  BOOST_TEST(equal(prod(zeros<double>({2, 0}), 1), {1, 1}));
  BOOST_TEST((prod(zeros<double>({2, 0}), 0).shape() == Shape{0}));
  BOOST_TEST(equal(prod(Tensor64{{2, -inf, 1}, {0, inf, 1}, {2, NaN, 0}}, 1), {-inf, NaN, NaN}));
  BOOST_TEST(text_of<ShapeError>([] { prod(x23, 2); }) ==
             "prod: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(gradients_with_zeros) {
  BOOST_TEST(equal(gradient({2, 3, 5}, {}), {15, 10, 6}));
  BOOST_TEST(equal(gradient({2, 0, 5}, {}), {0, 10, 0}));
  BOOST_TEST(equal(gradient({0, 0, 5}, {}), {0, 0, 0}));
  BOOST_TEST(equal(gradient({{2, 0}, {0, 3}, {4, 5}}, 0), {{0, 15}, {8, 0}, {0, 0}}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}, Shape{37, 3, 301}}) {
    const auto x = randn<double>(shape);
    for (const Axes& axis : {Axes(1), Axes(-3), Axes{0, 1}, Axes{2, 1}})
      if (shape[0] < 37 || axis.values()[0] == 1)
        check_grads([&](const auto& in) { return prod(in[0], axis); }, {x});
    if (x.size() < 100) check_grads([](const auto& in) { return prod(in[0], {}, {.keep_dims = true}); }, {x});
  }
  check_grads([](const auto& in) { return prod(in[0]); }, {Tensor64(3)});
  for (const Tensor64& x : {Tensor64{2, 0, 5}, Tensor64{0, 3, 0}, Tensor64{0, 0, 0}, Tensor64{0, 2, 0, 3, 0}})
    check_grads([](const auto& in) { return prod(in[0]); }, {x}, {.order = 3});
}

BOOST_AUTO_TEST_SUITE_END()
