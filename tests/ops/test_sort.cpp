// sort, argsort and topk: values, ties, NaN, gradients, errors.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/sort.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

const Tensor64 x = {{3, 1, 2}, {0, 5, -4}};

/// Numbers so far apart that no numeric step exchanges them.
Tensor64 apart(const Shape& shape) {
  const Tensor64 steps = permutation(element_count(shape)).array() * 0.01;
  return reshape(steps, shape);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sorting)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(sort(x), {{1, 2, 3}, {-4, 0, 5}}));
  BOOST_TEST(equal(sort(x, 0), {{0, 1, -4}, {3, 5, 2}}));
  BOOST_TEST(equal(sort(x, -1, {.descending = true}), {{3, 2, 1}, {5, 0, -4}}));
  BOOST_TEST(equal(argsort(x), {{1, 2, 0}, {2, 0, 1}}));
  BOOST_TEST(equal(argsort(x, 0, {.descending = true}), {{0, 1, 0}, {1, 0, 1}}));
  BOOST_TEST(equal(sort(Tensor64{2}), {2}));
  BOOST_TEST((sort(zeros({0, 3}), 0).shape() == Shape{0, 3}));
  BOOST_TEST((sort(zeros({0, 3}), 1).shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(equal_ones_keep_their_order_and_nan_is_last) {
  const Tensor64 mixed = {NaN, 1, inf, 1, -inf, NaN, 0, -0.0};
  BOOST_TEST(equal(argsort(mixed), {4, 6, 7, 1, 3, 2, 0, 5}));
  BOOST_TEST(equal(argsort(mixed, 0, {.descending = true}), {2, 1, 3, 6, 7, 4, 0, 5}));
  BOOST_TEST(equal(sort(mixed), {-inf, 0, 0, 1, 1, inf, NaN, NaN}));
}

BOOST_AUTO_TEST_CASE(the_first_k) {
  const auto [values, indices] = topk(x, 2);
  BOOST_TEST(equal(values, {{3, 2}, {5, 0}}));
  BOOST_TEST(equal(indices, {{0, 2}, {1, 0}}));
  BOOST_TEST(equal(topk(x, 1, 0, {.largest = false}).values, {{0, 1, -4}}));
  BOOST_TEST(equal(topk(Tensor64{NaN, 1, 1, inf}, 3).indices, {3, 1, 2}));
  BOOST_TEST(equal(topk(x, 3).values, sort(x, -1, {.descending = true})));
  BOOST_TEST((topk(x, 0).values.shape() == Shape{2, 0}));
  BOOST_TEST((topk(zeros({2, 0}), 0).indices.shape() == Shape{2, 0}));
}

BOOST_AUTO_TEST_CASE(gradients_go_back_to_where_elements_came_from) {
  const auto leaf = x.clone().requires_grad_();
  topk(leaf, 2).values.backward(Tensor64{{10, 20}, {30, 40}});
  BOOST_TEST(equal(leaf.grad(), {{10, 0, 20}, {40, 30, 0}}));
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 1, 0}, Shape{3, 37, 301}})
    for (const index_t axis : {0, 1, 2}) {
      const auto square = [](const Tensor64& y) { return y * y; };
      check_grads([&](const auto& in) { return square(sort(in[0], axis)); }, {apart(shape)});
      check_grads([&](const auto& in) { return square(sort(in[0], axis, {.descending = true})); },
                  {apart(shape)});
      const index_t k = (shape[static_cast<std::size_t>(axis)] + 1) / 2;
      check_grads([&](const auto& in) { return square(topk(in[0], k, axis).values); }, {apart(shape)});
    }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  BOOST_TEST(text_of<ShapeError>([] { sort(x, 2); }) ==
             "sort: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] { argsort(Tensor(1)); }) ==
             "argsort: axis -1 of a scalar of shape (), which has no axes");
  BOOST_TEST(text_of<ValueError>([] { topk(x, 4); }) ==
             "topk: k = 4; axis 1 of shape (2, 3) has 0 to 3 elements to give");
  BOOST_TEST(text_of<ValueError>([] { topk(x, -1, 0); }) ==
             "topk: k = -1; axis 0 of shape (2, 3) has 0 to 2 elements to give");
}

BOOST_AUTO_TEST_SUITE_END()
