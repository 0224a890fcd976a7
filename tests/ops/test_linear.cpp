// linear against matmul and a sum, its gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/matmul.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

/// matmul(x, weight^T) + bias.
Tensor64 composed(const Tensor64& x, const Tensor64& weight, const Tensor64& bias) {
  const auto product = matmul(x, weight, {.transpose_b = true});
  auto y = uninitialized<double>(product.shape());
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = product.data()[i] + bias.data()[i % bias.size()];
  return y;
}

struct Case {
  Shape x, weight;
};

const std::vector<Case> cases = {{{3}, {2, 3}},       {{1, 3}, {2, 3}},       {{5, 3}, {1, 3}},
                                 {{5, 1}, {4, 1}},    {{2, 5, 3}, {4, 3}},    {{0, 3}, {2, 3}},
                                 {{2, 0, 3}, {2, 3}}, {{5, 0}, {2, 0}},       {{5, 3}, {0, 3}},
                                 {{1, 1, 1}, {1, 1}}, {{2, 3, 2, 3}, {5, 3}}, {{33, 65}, {67, 65}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(linear_op)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 x = {{1, 2, 3}, {4, 5, 6}}, weight = {{1, 0, 1}, {0, 2, 0}};
  BOOST_TEST(equal(linear(x, weight), {{4, 4}, {10, 10}}));
  BOOST_TEST(equal(linear(x, weight, Tensor64{10, 20}), {{14, 24}, {20, 30}}));
  BOOST_TEST(equal(linear(Tensor64{1, 2, 3}, weight, {}), {4, 4}));
}

BOOST_AUTO_TEST_CASE(equals_its_composed_form) {
  Generator random(1);
  for (const auto& [x_shape, weight_shape] : cases) {
    const auto x = randn<double>(x_shape, random), weight = randn<double>(weight_shape, random);
    const auto bias = randn<double>({weight_shape[0]}, random);
    BOOST_TEST(close(linear(x, weight, bias), composed(x, weight, bias), 1e-14));
    BOOST_TEST(close(linear(x, weight), matmul(x, weight, {.transpose_b = true}), 1e-14));
    const auto single = linear(x.astype<float>(), weight.astype<float>(), bias.astype<float>());
    BOOST_TEST(close(single.astype<double>(), composed(x, weight, bias), 4e-6));
  }
}

BOOST_AUTO_TEST_CASE(gradients_of_order_two) {
  Generator random(2);
  for (const auto& [x_shape, weight_shape] : cases) {
    const auto x = randn<double>(x_shape, random), weight = randn<double>(weight_shape, random);
    const auto bias = randn<double>({weight_shape[0]}, random);
    BOOST_TEST_CONTEXT(to_string(x_shape) << " " << to_string(weight_shape)) {
      BOOST_CHECK_NO_THROW(
          check_grads([](const auto& v) { return linear(v[0], v[1], v[2]); }, {x, weight, bias}));
      BOOST_CHECK_NO_THROW(check_grads([](const auto& v) { return linear(v[0], v[1]); }, {x, weight}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_weight_used_twice_adds_up_in_place) {
  Generator random(3);
  const auto x = randn<double>({7, 3}, random), gy = randn<double>({7, 4}, random);
  const auto weight = randn<double>({4, 3}, random).requires_grad_();
  const auto bias = randn<double>({4}, random).requires_grad_();
  const auto once = grad(linear(x, weight, bias), {weight, bias}, {.grad_outputs = {gy}});
  const auto twice = grad<double>({linear(x, weight, bias), linear(x, weight, bias)}, {weight, bias},
                                  {.grad_outputs = {gy, gy}});
  for (std::size_t i = 0; i < 2; ++i)
    for (index_t k = 0; k < once[i].size(); ++k)
      BOOST_TEST(std::abs(twice[i].data()[k] - 2 * once[i].data()[k]) < 1e-14);
}

BOOST_AUTO_TEST_CASE(keeps_what_the_gradients_need) {
  const auto x = ones<double>({2, 3}), weight = ones<double>({4, 3}), bias = ones<double>({4});
  const auto leaf = [](const Tensor64& value) { return value.clone().requires_grad_(); };
  BOOST_TEST(linear(leaf(x), leaf(weight), leaf(bias)).node()->saved_bytes == (6 + 12) * sizeof(double));
  BOOST_TEST(linear(x, leaf(weight), leaf(bias)).node()->saved_bytes == 6 * sizeof(double));
  BOOST_TEST(linear(x, weight, leaf(bias)).node()->saved_bytes == 0);
  BOOST_TEST(linear(x, weight, leaf(bias)).op_name() == "linear");
  BOOST_TEST(!linear(x, weight, bias).requires_grad());
}

BOOST_AUTO_TEST_CASE(errors) {
  const auto text = [](const Shape& x, const Shape& weight, const Shape& bias) {
    return text_of<ShapeError>([&] { linear(ones(x), ones(weight), ones(bias)); });
  };
  BOOST_TEST(text({2, 3}, {4, 5}, {4}) ==
             "linear: x (2, 3) does not end with the 5 columns of weight (4, 5)");
  BOOST_TEST(text({}, {4, 5}, {4}) == "linear: x () does not end with the 5 columns of weight (4, 5)");
  BOOST_TEST(text({2, 3}, {3}, {4}) == "linear: weight is (out, in), not (3,)");
  BOOST_TEST(text({2, 3}, {4, 3}, {3}) ==
             "linear: bias (3,) is not one value for each of the 4 rows of weight (4, 3)");
  BOOST_TEST(text({2, 3}, {4, 3}, {1, 4}) ==
             "linear: bias (1, 4) is not one value for each of the 4 rows of weight (4, 3)");
  const int line = __LINE__ + 1;
  const auto wrong = [] { linear(ones({2, 3}), ones({3})); };
  BOOST_TEST(test::message_of<ShapeError>(wrong) ==
             "linear: weight is (out, in), not (3,)" + test::place(__FILE__, line));
}

BOOST_AUTO_TEST_SUITE_END()
