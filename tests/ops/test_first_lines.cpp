// What newcomers from xtensor and PyTorch write first: it compiles, and means what they expect.
#include <boost/test/unit_test.hpp>

#include <vector>

#include <xtape/xtape.hpp>

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
  const std::vector<Tensor> results = {x + a, a + x, 2 * x, x * (2 * a), x - a, a - x, a / x, x / 2, 1 - x, x + d};
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

BOOST_AUTO_TEST_CASE(named_ops_take_expressions) {
  const Tensor x = {{1, 2}, {3, 4}};
  const xt::xarray<float> a = {{1, 0}, {0, 1}};
  BOOST_TEST(matmul(x, a).at({1, 0}) == 3);
  BOOST_TEST(maximum(x, Tensor(a * 3)).at({0, 0}) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
