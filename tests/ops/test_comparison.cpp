// Comparisons: values, NaN, numbers and expressions on either side, broadcasting, errors.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/ops/comparison.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::text_of;

namespace {

using Types = std::tuple<float, double>;

template <Real T>
constexpr T inf = std::numeric_limits<T>::infinity();
template <Real T>
constexpr T NaN = std::numeric_limits<T>::quiet_NaN();

bool is(const Mask& mask, const Mask& want) { return bool(test::equal(mask, want)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(comparison)

BOOST_AUTO_TEST_CASE_TEMPLATE(values, T, Types) {
  const BasicTensor<T> a = {1, 2, 3, -inf<T>, NaN<T>, NaN<T>, -0.0}, b = {2, 2, 2, inf<T>, 1, NaN<T>, 0};
  BOOST_TEST(is(less(a, b), {true, false, false, true, false, false, false}));
  BOOST_TEST(is(less_equal(a, b), {true, true, false, true, false, false, true}));
  BOOST_TEST(is(greater(a, b), {false, false, true, false, false, false, false}));
  BOOST_TEST(is(greater_equal(a, b), {false, true, true, false, false, false, true}));
  BOOST_TEST(is(equal(a, b), {false, true, false, false, false, false, true}));
  BOOST_TEST(is(not_equal(a, b), {true, false, true, true, true, true, false}));
}

BOOST_AUTO_TEST_CASE(operators_are_the_same) {
  const Tensor a = {1, 2, 3}, b = {2, 2, 2};
  BOOST_TEST(is(a < b, {true, false, false}));
  BOOST_TEST(is(a <= b, {true, true, false}));
  BOOST_TEST(is(a > b, {false, false, true}));
  BOOST_TEST(is(a >= b, {false, true, true}));
}

BOOST_AUTO_TEST_CASE(numbers_on_either_side) {
  const Tensor64 x = {1, 2, 3};
  BOOST_TEST(is(x < 2, {true, false, false}));
  BOOST_TEST(is(2 < x, {false, false, true}));
  BOOST_TEST(is(x >= 2.5, {false, false, true}));
  BOOST_TEST(is(less(x, 2), {true, false, false}));
  BOOST_TEST(is(less_equal(2, x), {false, true, true}));
  BOOST_TEST(is(equal(3.0F, x), {false, false, true}));
  BOOST_TEST(is(not_equal(x, 3), {true, true, false}));
}

BOOST_AUTO_TEST_CASE(xtensor_expressions_on_either_side) {
  const Tensor x = {1, 2, 3};
  const xt::xarray<double> a = {2, 2, 2};
  BOOST_TEST(is(x < a, {true, false, false}));
  BOOST_TEST(is(a * 1 <= x, {false, true, true}));
  BOOST_TEST(is(x > a + 0, {false, false, true}));
  BOOST_TEST(is(a >= x, {true, true, false}));
  BOOST_TEST(is(equal(x, a), {false, true, false}));
  BOOST_TEST(is(equal(a, x), {false, true, false}));
  BOOST_TEST(is(greater(a, x), {true, false, false}));
}

BOOST_AUTO_TEST_CASE(shapes_broadcast) {
  const Tensor row = {1, 2, 3}, column = reshape(Tensor{1, 3}, {2, 1});
  BOOST_TEST(is(row < column, {{false, false, false}, {true, true, false}}));
  BOOST_TEST(is(column < row, {{false, true, true}, {false, false, false}}));
  BOOST_TEST((Tensor(1) < Tensor(2)).item());
  BOOST_TEST((Tensor(1) < Tensor(2)).dimension() == 0U);
  BOOST_TEST((less(zeros({0, 3}), row).shape() == Shape{0, 3}));
  BOOST_TEST((less(Tensor(), Tensor()).shape() == Shape{0}));
  BOOST_TEST(text_of<ShapeError>([&] {
               (void)(row <= Tensor{1, 2});
             }) == "less_equal: shapes (3,) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
  BOOST_TEST(text_of<ShapeError>([&] {
               not_equal(row, Tensor{1, 2});
             }) == "not_equal: shapes (3,) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  BOOST_TEST(is(x < x, {false, false}));
  BOOST_TEST(is(isinf(x), {false, false}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(kinds_of_numbers, T, Types) {
  const BasicTensor<T> x = {{1, inf<T>, NaN<T>}, {-inf<T>, 0, std::numeric_limits<T>::max()}};
  BOOST_TEST(is(isnan(x), {{false, false, true}, {false, false, false}}));
  BOOST_TEST(is(isinf(x), {{false, true, false}, {true, false, false}}));
  BOOST_TEST(is(isfinite(x), {{true, false, false}, {false, true, true}}));
  BOOST_TEST((isfinite(zeros<T>({0, 2})).shape() == Shape{0, 2}));
  BOOST_TEST(isnan(BasicTensor<T>(NaN<T>)).item());
}

BOOST_AUTO_TEST_SUITE_END()
