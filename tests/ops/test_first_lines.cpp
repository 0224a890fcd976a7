// What newcomers from xtensor and PyTorch write first: it compiles, and means what they expect.
#include <boost/test/unit_test.hpp>

#include <vector>

#include <xtape/xtape.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;

namespace {

Tensor f(const Tensor& x) { return x * 2; }

struct Model {
  Tensor weight;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(first_lines)

BOOST_AUTO_TEST_CASE(tensors_are_values) {
  Tensor x = {{1, 2}, {3, 4}};
  Model model{x};
  std::vector<Tensor> list = {x, model.weight};
  list.push_back(f(x));
  BOOST_TEST(list[2].at({1, 1}) == 8);
}

BOOST_AUTO_TEST_CASE(operators_mix_tensors_numbers_and_xtensor) {
  const Tensor x = Tensor{{1, 2}, {3, 4}}.requires_grad_();
  const xt::xarray<float> a = {{10, 20}, {30, 40}};
  xt::xarray<double> d = {{1, 1}, {1, 1}};
  const std::vector<Tensor> results = {x + a, a + x, 2 * x, x * (2 * a), x - a,
                                       a - x, a / x, x / 2, 1 - x,       x + d};
  for (const Tensor& y : results) BOOST_TEST(y.requires_grad());
  BOOST_TEST((x + a).at({1, 0}) == 33);
  BOOST_TEST((a + x).at({1, 0}) == 33);
  BOOST_TEST((2 * x).at({1, 1}) == 8);
  BOOST_TEST((x * (2 * a)).at({0, 1}) == 80);
  BOOST_TEST((a - x).at({0, 0}) == 9);
  BOOST_TEST((1 - x).at({0, 1}) == -1);
  BOOST_TEST((x + d).at({0, 0}) == 2);
}

BOOST_AUTO_TEST_CASE(results_are_xtensor_arrays) {
  const Tensor x = {{1, 2}, {3, 4}};
  const auto p = softmax(x, -1).array();
  BOOST_TEST(p.dimension() == 2U);
  const xt::xarray<float> copy = p + 1;
  BOOST_TEST(copy(0, 0) + copy(0, 1) == 3, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(named_ops_take_expressions_on_either_side) {
  Tensor x = Tensor{{1, 2}, {3, 4}}.requires_grad_();
  const Tensor& constant = x;
  const xt::xarray<float> a = {{1, 0}, {0, 1}};
  xt::xarray<double> d = {{2, 2}, {2, 2}};
  const std::vector<Tensor> results = {matmul(x, a),  matmul(a, constant), maximum(x, a * 3),
                                       maximum(d, x), minimum(x, d),       minimum(a, constant),
                                       pow(x, d),     pow(d + 1, constant)};
  for (const Tensor& y : results) BOOST_TEST(y.requires_grad());
  BOOST_TEST(matmul(x, a).at({1, 0}) == 3);
  BOOST_TEST(matmul(a, Tensor{{1, 2}, {3, 4}}, {.transpose_b = true}).at({1, 0}) == 2);
  BOOST_TEST(maximum(x, a * 3).at({0, 0}) == 3);
  BOOST_TEST(minimum(d, x).at({1, 1}) == 2);
  BOOST_TEST(pow(x, d).at({1, 0}) == 9);
  BOOST_TEST(pow(d, x).at({1, 1}) == 16);
  BOOST_TEST(atan2(x * 0, a).requires_grad());
  BOOST_TEST(clip(x, a, d).at({1, 0}) == 2);
  BOOST_TEST(atan2(a, constant).at({0, 1}) == 0);
  BOOST_TEST(where(a > 0, d, x).at({0, 1}) == 2);
}

BOOST_AUTO_TEST_CASE(named_ops_take_numbers_on_either_side) {
  const Tensor x = {-1, 2};
  BOOST_TEST(maximum(0, x).at({0}) == 0);
  BOOST_TEST(maximum(x, 3).at({1}) == 3);
  BOOST_TEST(minimum(0.5, x).at({1}) == 0.5);
  BOOST_TEST(pow(2, x).at({1}) == 4);
}

BOOST_AUTO_TEST_CASE(named_ops_on_expressions_name_what_is_wrong) {
  const Tensor x = {1, 2};
  const xt::xarray<float> a = {1, 2, 3};
  BOOST_TEST(test::text_of<ShapeError>([&] { maximum(x, a); }) ==
             "maximum: shapes (2,) and (3,) do not broadcast: axis 1 from the last has 2 and 3");
  const int line = __LINE__ + 1;
  BOOST_TEST(test::message_of<ShapeError>([&] { matmul(a, x); }).ends_with(test::place(__FILE__, line)));
}

BOOST_AUTO_TEST_CASE(xtensors_functions_stay_what_they_are) {
  const xt::xarray<float> a = {1, 2}, b = {2, 1};
  const xt::xarray<float> largest = maximum(a, b), power = pow(a, 2);
  BOOST_TEST(largest(0) == 2);
  BOOST_TEST(power(1) == 4);
}

BOOST_AUTO_TEST_SUITE_END()
