// + - * / and unary -: values, mixes with numbers and xtensor expressions, gradients.
#include <boost/test/unit_test.hpp>

#include <xtape/core/xt.hpp>
#include <xtape/ops/arithmetic.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

BOOST_AUTO_TEST_SUITE(arithmetic)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 a = {{1, 2, 3}, {4, 5, 6}}, b = {10, 20, 40};
  BOOST_TEST(equal(a + b, {{11, 22, 43}, {14, 25, 46}}));
  BOOST_TEST(equal(a - b, {{-9, -18, -37}, {-6, -15, -34}}));
  BOOST_TEST(equal(a * b, {{10, 40, 120}, {40, 100, 240}}));
  BOOST_TEST(equal(b / a, {{10, 10, 40.0 / 3}, {2.5, 4, 40.0 / 6}}));
  BOOST_TEST(equal(-b, {-10, -20, -40}));
}

BOOST_AUTO_TEST_CASE(numbers_on_either_side) {
  const Tensor x = {1, 2, 4};
  BOOST_TEST(equal(x + 1, {2, 3, 5}));
  BOOST_TEST(equal(1 + x, {2, 3, 5}));
  BOOST_TEST(equal(x - 1.5, {-0.5, 0.5, 2.5}));
  BOOST_TEST(equal(1 - x, {0, -1, -3}));
  BOOST_TEST(equal(x * 3, {3, 6, 12}));
  BOOST_TEST(equal(3 * x, {3, 6, 12}));
  BOOST_TEST(equal(x / 2, {0.5, 1, 2}));
  BOOST_TEST(equal(2 / x, {2, 1, 0.5}));
}

BOOST_AUTO_TEST_CASE(xtensor_expressions_on_either_side) {
  const Tensor x = {1, 2};
  const xt::xarray<float> a = {10, 20};
  const xt::xarray<double> wide = {10, 20};
  BOOST_TEST(equal(Tensor(x + a), {11, 22}));
  BOOST_TEST(equal(Tensor(a + x), {11, 22}));
  BOOST_TEST(equal(Tensor(x * (2 * a)), {20, 80}));
  BOOST_TEST(equal(Tensor((2 * a) * x), {20, 80}));
  BOOST_TEST(equal(Tensor(a - x), {9, 18}));
  BOOST_TEST(equal(Tensor(wide / x), {10, 10}));
}

BOOST_AUTO_TEST_CASE(compound_assignment_moves_the_handle) {
  Tensor64 x = {1, 2};
  const Tensor64 before = x;
  x += 1;
  x *= x;
  x -= Tensor64{1, 1};
  x /= 3;
  BOOST_TEST(equal(x, {1, 8.0 / 3}));
  BOOST_TEST(equal(before, {1, 2}));
}

BOOST_AUTO_TEST_CASE(named_forms) {
  const Tensor64 a = {1, 2}, b = {3, 5};
  BOOST_TEST(equal(add(a, b), {4, 7}));
  BOOST_TEST(equal(sub(a, 1), {0, 1}));
  BOOST_TEST(equal(mul(a, b), {3, 10}));
  BOOST_TEST(equal(div(b, a), {3, 2.5}));
  BOOST_TEST(equal(neg(a), {-1, -2}));
}

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return a + b; }, 1, 2);
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return a - b; }, 1, 2);
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return a * b; }, 1, 2);
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return a / b; }, 1, 2);
  test::check_unary([](const Tensor64& x) { return -x; }, -1, 1);
  test::check_unary([](const Tensor64& x) { return 2 - (3 + x * 2) / 5 - 1; }, -1, 1);
  test::check_unary([](const Tensor64& x) { return 2 / x; }, 1, 2);
}

BOOST_AUTO_TEST_CASE(gradients_of_products_add_up) {
  for (const index_t rows : {2, 20000}) {  // one block of the loop, and several
    const Tensor64 x = full<double>({rows, 3}, 2).requires_grad_();
    const Tensor64 row = Tensor64{1, 2, 3}.requires_grad_(), a = full<double>({rows, 3}, 5);
    const Tensor64 gy = full<double>({rows, 3}, 0.5);
    (x * a + x * x + x * row + row * x).backward(gy);  // each but the first finds a gradient there
    BOOST_TEST(x.grad().at({0, 0}) == 0.5 * (5 + 4 + 2));
    BOOST_TEST(x.grad().at({rows - 1, 2}) == 0.5 * (5 + 4 + 6));
    BOOST_TEST(equal(row.grad(), full<double>({3}, static_cast<double>(2 * rows))));
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_broadcast) {
  const Tensor64 a = ones<double>({2, 3}), b = ones<double>({2});
  const std::string end = ": shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2";
  BOOST_TEST(text_of<ShapeError>([&] { a + b; }) == "add" + end);
  BOOST_TEST(text_of<ShapeError>([&] { a - b; }) == "sub" + end);
  BOOST_TEST(text_of<ShapeError>([&] { a* b; }) == "mul" + end);
  BOOST_TEST(text_of<ShapeError>([&] { a / b; }) == "div" + end);
}

BOOST_AUTO_TEST_SUITE_END()
