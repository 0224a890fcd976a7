// Norms: values of every kind, ranges, gradients, conventions at zero.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/norm.hpp>
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

const Tensor64 x23 = {{3, 0, -4}, {1, -2, 2}};

Tensor64 gradient(const Tensor64& values, double ord) {
  const auto x = values.detach().requires_grad_();
  return grad(norm(x, {}, {.ord = ord}), x);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(norms)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(norm(x23, 1), {5, 3}));
  BOOST_TEST(close(norm(x23), std::sqrt(34.0), 1e-15));
  BOOST_TEST(equal(norm(x23, 0, {.ord = 1, .keep_dims = true}), {{4, 2, 6}}));
  BOOST_TEST(equal(norm(x23, 1, {.ord = 1}), {7, 5}));
  BOOST_TEST(equal(norm(x23, 1, {.ord = inf}), {4, 2}));
  BOOST_TEST(equal(norm(x23, 1, {.ord = -inf}), {0, 1}));
  BOOST_TEST(equal(norm(x23, 1, {.ord = 0}), {2, 3}));
  BOOST_TEST(close(norm(x23, {0, 1}, {.ord = 3}), std::cbrt(27 + 64 + 1 + 8 + 8.0), 1e-15));
  BOOST_TEST(close(norm(x23, 1, {.ord = -1}), {0, 0.5}, 1e-15));
  BOOST_TEST(close(norm(x23, 1, {.ord = 0.5}),
                   {std::pow(std::sqrt(3) + 2, 2), std::pow(1 + 2 * std::sqrt(2), 2)}, 1e-14));
}

BOOST_AUTO_TEST_CASE(sizes_whose_powers_leave_the_range) {
  BOOST_TEST(close(norm(Tensor{3e30F, 4e30F}) / 1e30, 5, 1e-6));
  BOOST_TEST(close(norm(Tensor{3e-30F, -4e-30F}) * 1e30, 5, 1e-6));
  BOOST_TEST(close(norm(Tensor{1e30F, 1e30F}, {}, {.ord = 4}) / 1e30, std::pow(2.0F, 0.25F), 1e-6));
  BOOST_TEST(close(norm(Tensor{1e-30F, 1e-30F}, {}, {.ord = -2}) * 1e30, std::sqrt(0.5F), 1e-6));
  BOOST_TEST(equal(norm(Tensor64{inf, 1}), inf));
  BOOST_TEST(equal(norm(Tensor64{NaN, 1}), NaN));
}

BOOST_AUTO_TEST_CASE(norms_of_nothing_and_of_one) {
  for (const double ord : {0.0, 1.0, 2.0, 3.0}) {
    BOOST_TEST(equal(norm(Tensor64(), {}, {.ord = ord}), 0));
    BOOST_TEST(equal(norm(zeros<double>({2, 0}), 1, {.ord = ord}), {0, 0}));
  }
  BOOST_TEST(equal(norm(Tensor64(-3)), 3));
  BOOST_TEST(text_of<ShapeError>([] {
               norm(zeros({2, 0}), 1, {.ord = inf});
             }) == "norm: nothing to choose from: shape (2, 0) is empty along axes to reduce");
  BOOST_TEST(text_of<ShapeError>([] { norm(x23, 2, {.ord = 1}); }) ==
             "norm: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(gradients_where_there_are_zeros) {
  BOOST_TEST(equal(gradient({3, 0, -4}, 2), {0.6, 0, -0.8}));
  BOOST_TEST(equal(gradient({3, 0, -4}, 1), {1, 0, -1}));
  BOOST_TEST(equal(gradient({3, 4, -4}, inf), {0, 0.5, -0.5}));
  BOOST_TEST(equal(gradient({3, 0, -4}, 0), {0, 0, 0}));
  BOOST_TEST(close(gradient({0, 1, 0.5}, 0.5), {0, 1.7071067811865475, 2.4142135623730951}, 1e-14));
  for (const double ord : {-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, inf})
    BOOST_TEST(equal(gradient({0, 0}, ord), {0, 0}));
  const auto x = Tensor64{0, 0}.requires_grad_();
  const auto gx = grad(norm(x), x, {.create_graph = true});
  BOOST_TEST(equal(grad(sum(gx), x), {0, 0}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}, Shape{3, 37, 301}}) {
    const auto x = randn<double>(shape);
    for (const Axes& axis : {Axes(), Axes(1), Axes{0, -1}})
      check_grads([&](const auto& in) { return norm(in[0], axis); }, {x});
    if (x.size() > 100) continue;
    for (const double ord : {-1.5, 0.5, 1.0, 1.5, 3.0, 4.0})
      check_grads([&](const auto& in) { return norm(in[0], 0, {.ord = ord, .keep_dims = true}); }, {x});
    if (x.size() > 0) check_grads([&](const auto& in) { return norm(in[0], 1, {.ord = inf}); }, {x});
  }
  check_grads([](const auto& in) { return norm(in[0]); }, {Tensor64{1, 0, 2}});
  check_grads([](const auto& in) { return norm(in[0], {}, {.ord = 4}); }, {Tensor64{1, 0, 2}});
}

BOOST_AUTO_TEST_SUITE_END()
