// masked_fill, masked_select, where and triangles: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::message_of;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr index_t far = std::numeric_limits<index_t>::max(), back = std::numeric_limits<index_t>::min();

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};
const Mask m23 = {{true, false, false}, {false, true, true}};

/// The values of a mask as numbers.
Tensor64 numbers(const Mask& mask) { return where(mask, 1.0, Tensor64(0)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(masked)

BOOST_AUTO_TEST_CASE(masked_fill_fills_where_true) {
  BOOST_TEST(equal(masked_fill(x23, m23, -1), {{-1, 2, 3}, {4, -1, -1}}));
  BOOST_TEST(equal(masked_fill(x23, Mask{false, true, false}, -inf), {{1, -inf, 3}, {4, -inf, 6}}));
  BOOST_TEST(equal(masked_fill(x23, Mask{true, false}.reshape({2, 1}), 0), {{0, 0, 0}, {4, 5, 6}}));
  BOOST_TEST(equal(masked_fill(Tensor64{NaN, 1}, Mask{true, false}, 7), {7, 1}));
  BOOST_TEST(equal(masked_fill(Tensor64(3), Mask{true}.reshape({}), 1e300), 1e300));
  BOOST_TEST((masked_fill(zeros({0, 3}), Mask{true, true, false}, 1).shape() == Shape{0, 3}));
  BOOST_TEST(equal(masked_fill(Tensor{1, 2}, Mask{false, true}, 0.1), {1, 0.1F}));
}

BOOST_AUTO_TEST_CASE(masked_fill_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] {
               masked_fill(x23, Mask{true, false}, 0);
             }) == "masked_fill: shape (2,) does not broadcast to (2, 3)");
  BOOST_TEST(text_of<ShapeError>([] {
               masked_fill(Tensor64{1, 2, 3}, m23, 0);
             }) == "masked_fill: shape (2, 3) does not broadcast to (3,)");
}

BOOST_AUTO_TEST_CASE(masked_select_keeps_what_is_true_as_one_row) {
  BOOST_TEST(equal(masked_select(x23, m23), {1, 5, 6}));
  BOOST_TEST(equal(masked_select(x23, Mask{false, true, false}), {2, 5}));
  BOOST_TEST(equal(masked_select(x23, Mask{false, true}.reshape({2, 1})), {4, 5, 6}));
  BOOST_TEST(equal(masked_select(x23, Mask{true}), {1, 2, 3, 4, 5, 6}));
  BOOST_TEST((masked_select(x23, Mask{false}).shape() == Shape{0}));
  BOOST_TEST(equal(masked_select(Tensor64(3), Mask{true}.reshape({})), {3}));
  BOOST_TEST((masked_select(zeros({0, 3}), Mask{true, true, false}).shape() == Shape{0}));
  const auto x = x23.clone().requires_grad_();
  masked_select(x, m23).backward(Tensor64{10, 20, 30});
  BOOST_TEST(equal(x.grad(), {{10, 0, 0}, {0, 20, 30}}));
  BOOST_TEST(text_of<ShapeError>([] {
               masked_select(x23, Mask{true, false});
             }) == "masked_select: shape (2,) does not broadcast to (2, 3)");
}

BOOST_AUTO_TEST_CASE(where_broadcasts_all_three) {
  BOOST_TEST(equal(where(m23, x23, -x23.at({0, 0})), {{1, -1, -1}, {-1, 5, 6}}));
  BOOST_TEST(equal(where(m23, 0.0, x23), {{0, 2, 3}, {4, 0, 0}}));
  BOOST_TEST(equal(where(Mask{true, false, true}, x23, Tensor64{7, 8, 9}), {{1, 8, 3}, {4, 8, 6}}));
  BOOST_TEST(equal(where(Mask{true, false}, Tensor64(1), Tensor64(2)), {1, 2}));
  BOOST_TEST(equal(where(m23, reshape(Tensor64{1, 2}, {2, 1}), Tensor64{7, 8, 9}), {{1, 8, 9}, {7, 2, 2}}));
  BOOST_TEST((where(Mask{true}, Tensor(), Tensor()).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(where_takes_masks_from_xtensor) {
  const Tensor64 x = {-2, 3, -inf};
  BOOST_TEST(equal(where(x.array() > 0, x, 0), {0, 3, 0}));
  BOOST_TEST(equal(masked_fill(x, !(x.array() > 0), 1), {1, 3, 1}));
}

BOOST_AUTO_TEST_CASE(where_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] {
               where(m23, x23, Tensor64{1, 2});
             }) == "where: shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
  BOOST_TEST(text_of<ShapeError>([] {
               where(Mask{true, false}, x23, 0);
             }) == "where: shapes (2,) and (2, 3) do not broadcast: axis 1 from the last has 2 and 3");
  const std::string message = message_of<ShapeError>([] { where(Mask{true, false}, x23, 0); });
  BOOST_TEST(message.ends_with(test::place(__FILE__, __LINE__ - 1)));
}

BOOST_AUTO_TEST_CASE(triangular_masks) {
  BOOST_TEST(equal(numbers(tril_mask(2, 3)), {{1, 0, 0}, {1, 1, 0}}));
  BOOST_TEST(equal(numbers(tril_mask(3, 2, -1)), {{0, 0}, {1, 0}, {1, 1}}));
  BOOST_TEST(equal(numbers(tril_mask(2, 3, 1)), {{1, 1, 0}, {1, 1, 1}}));
  BOOST_TEST(equal(numbers(triu_mask(2, 3)), {{1, 1, 1}, {0, 1, 1}}));
  BOOST_TEST(equal(numbers(triu_mask(2, 3, 1)), {{0, 1, 1}, {0, 0, 1}}));
  BOOST_TEST(equal(numbers(triu_mask(3, 2, -1)), {{1, 1}, {1, 1}, {0, 1}}));
  for (const index_t k : {index_t{5}, far}) {
    BOOST_TEST(equal(numbers(tril_mask(2, 2, k)), ones<double>({2, 2})));
    BOOST_TEST(equal(numbers(triu_mask(2, 2, k)), zeros<double>({2, 2})));
  }
  for (const index_t k : {index_t{-5}, back}) {
    BOOST_TEST(equal(numbers(tril_mask(2, 2, k)), zeros<double>({2, 2})));
    BOOST_TEST(equal(numbers(triu_mask(2, 2, k)), ones<double>({2, 2})));
  }
  BOOST_TEST((tril_mask(0, 3).shape() == Shape{0, 3}));
  BOOST_TEST((triu_mask(3, 0).shape() == Shape{3, 0}));
  BOOST_TEST(text_of<ShapeError>([] { tril_mask(-1, 3); }) == "shape (-1, 3): extents are 0 or more");
}

BOOST_AUTO_TEST_CASE(triangles_of_matrices) {
  BOOST_TEST(equal(tril(x23), {{1, 0, 0}, {4, 5, 0}}));
  BOOST_TEST(equal(tril(x23, 1), {{1, 2, 0}, {4, 5, 6}}));
  BOOST_TEST(equal(triu(x23), {{1, 2, 3}, {0, 5, 6}}));
  BOOST_TEST(equal(triu(x23, -1), x23));
  BOOST_TEST(equal(tril(x23, far), x23));
  BOOST_TEST(equal(triu(x23, far), zeros<double>({2, 3})));
  BOOST_TEST(equal(tril(x23, back), zeros<double>({2, 3})));
  const auto batch = reshape(arange<double>(8), {2, 2, 2});
  BOOST_TEST(equal(tril(batch), {{{0, 0}, {2, 3}}, {{4, 0}, {6, 7}}}));
  BOOST_TEST((tril(zeros({0, 2, 2})).shape() == Shape{0, 2, 2}));
  BOOST_TEST(text_of<ShapeError>([] {
               tril(Tensor{1, 2});
             }) == "tril: x needs at least 2 axes, not shape (2,)");
  BOOST_TEST(text_of<ShapeError>([] { triu(Tensor(1)); }) == "triu: x needs at least 2 axes, not shape ()");
}

BOOST_AUTO_TEST_CASE(no_gradient_flows_from_what_is_not_chosen) {
  const auto x = Tensor64{1, 2}.requires_grad_(), y = Tensor64{NaN, inf}.requires_grad_();
  where(Mask{true, false}, x, y).backward(Tensor64{inf, 5});
  BOOST_TEST(equal(x.grad(), {inf, 0}));
  BOOST_TEST(equal(y.grad(), {0, 5}));
  x.zero_grad();
  masked_fill(x, Mask{true, false}, NaN).backward(Tensor64{NaN, 3});
  BOOST_TEST(equal(x.grad(), {0, 3}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{0, 4, 3}, Shape{5, 91, 101}}) {
    const auto x = randn<double>(shape), y = randn<double>(shape);
    const auto row = randn<double>({shape[2]});
    const auto mask = bernoulli(0.5, shape), columns = bernoulli(0.5, {shape[1], 1});
    check_grads([&](const auto& v) { return masked_fill(v[0], mask, 2); }, {x});
    check_grads([&](const auto& v) { return masked_fill(v[0], columns, 2); }, {x});
    check_grads([&](const auto& v) { return where(mask, v[0], v[1]); }, {x, y});
    check_grads([&](const auto& v) { return where(mask, v[0], v[0]); }, {x});
    check_grads([&](const auto& v) { return where(columns, v[0], v[1]); }, {row, x});
    check_grads([&](const auto& v) { return where(mask, v[1], v[0]); }, {row, x});
    check_grads([&](const auto& v) { return where(mask, v[0], v[1]); }, {row, Tensor64(2)});
    check_grads([](const auto& v) { return tril(v[0], 1); }, {x});
    check_grads([](const auto& v) { return triu(v[0]); }, {x});
  }
}

BOOST_AUTO_TEST_SUITE_END()
