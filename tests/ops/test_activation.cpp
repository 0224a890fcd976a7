// Activation functions: values against their definitions, gradients, conventions at the corner.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/ops/activation.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

const Tensor64 some = {-30, -2, -0.5, 0, 0.5, 2, 30};

/// f of each of `some`.
Tensor64 each(double (*f)(double)) {
  auto y = uninitialized<double>(some.shape());
  for (index_t i = 0; i < some.size(); ++i) y.data()[i] = f(some.data()[i]);
  return y;
}

Tensor64 gradient_at_zero(const std::function<Tensor64(const Tensor64&)>& f) {
  const auto x = Tensor64(0).requires_grad_();
  return grad(f(x), x);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(activation)

BOOST_AUTO_TEST_CASE(values) {
  BOOST_TEST(equal(relu(some), each([](double x) { return std::max(x, 0.0); })));
  BOOST_TEST(equal(leaky_relu(some), each([](double x) { return x > 0 ? x : 0.01 * x; })));
  BOOST_TEST(
      equal(leaky_relu(some, {.negative_slope = 0.5}), each([](double x) { return x > 0 ? x : 0.5 * x; })));
  BOOST_TEST(close(elu(some), each([](double x) { return x > 0 ? x : std::expm1(x); }), 1e-15));
  BOOST_TEST(
      close(elu(some, {.alpha = 2}), each([](double x) { return x > 0 ? x : 2 * std::expm1(x); }), 1e-15));
  BOOST_TEST(close(sigmoid(some), each([](double x) { return 1 / (1 + std::exp(-x)); }), 1e-15));
  BOOST_TEST(close(log_sigmoid(some), each([](double x) { return -std::log1p(std::exp(-x)); }), 1e-15));
  BOOST_TEST(close(softplus(some), each([](double x) { return std::log1p(std::exp(x)); }), 1e-15));
  BOOST_TEST(close(silu(some), each([](double x) { return x / (1 + std::exp(-x)); }), 1e-15));
  BOOST_TEST(close(mish(some), each([](double x) { return x * std::tanh(std::log1p(std::exp(x))); }), 1e-15));
  BOOST_TEST(equal(hard_tanh(some), each([](double x) { return std::clamp(x, -1.0, 1.0); })));
  BOOST_TEST(equal(hard_tanh(some, {.min = -2, .max = 0.25}),
                   each([](double x) { return std::clamp(x, -2.0, 0.25); })));
  BOOST_TEST(equal(hard_sigmoid(some), each([](double x) { return std::clamp(x + 3, 0.0, 6.0) / 6; })));
  BOOST_TEST(close(erf(some), each([](double x) { return std::erf(x); }), 1e-15));
  BOOST_TEST(close(gelu(some), each([](double x) { return x * std::erfc(-x / std::sqrt(2)) / 2; }), 1e-15));
  const auto by_tanh = [](double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979324) * (x + 0.044715 * x * x * x)));
  };
  BOOST_TEST(close(gelu(some, {.approximate = Gelu::tanh}), each(by_tanh), 1e-15));
}

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_unary([](const Tensor64& x) { return relu(x); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return leaky_relu(x); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return elu(x, {.alpha = 0.7}); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return sigmoid(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return log_sigmoid(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return softplus(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return silu(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return mish(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return hard_tanh(x, {.min = -0.5}); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return hard_sigmoid(x); }, -5, 5);
  test::check_unary([](const Tensor64& x) { return erf(x); }, -2, 2);
  test::check_unary([](const Tensor64& x) { return gelu(x); }, -3, 3);
  test::check_unary([](const Tensor64& x) { return gelu(x, {.approximate = Gelu::tanh}); }, -3, 3);
}

BOOST_AUTO_TEST_CASE(hard_functions_have_no_gradient_at_the_bounds) {
  const auto x = Tensor64{-3, -1, 0, 1, 3, std::nan("")}.requires_grad_();
  const auto gradient = [&](const Tensor64& y) { return grad(y, x, {.grad_outputs = {ones_like(y)}}); };
  BOOST_TEST(equal(gradient(hard_tanh(x)), {0, 0, 1, 0, 0, 1}));
  BOOST_TEST(close(gradient(hard_sigmoid(x)), {0, 1.0 / 6, 1.0 / 6, 1.0 / 6, 0, 1.0 / 6}, 1e-15));
  BOOST_TEST(text_of<ValueError>([&] { hard_tanh(x, {.min = 2, .max = 0.5}); }) ==
             "hard_tanh: min = 2 is not at or below max = 0.5");
}

BOOST_AUTO_TEST_CASE(gradients_at_the_corner) {
  BOOST_TEST(equal(gradient_at_zero([](const Tensor64& x) { return relu(x); }), 0));
  BOOST_TEST(equal(gradient_at_zero([](const Tensor64& x) { return leaky_relu(x); }), 0.01));
  BOOST_TEST(equal(gradient_at_zero([](const Tensor64& x) { return elu(x, {.alpha = 2}); }), 2));
}

BOOST_AUTO_TEST_SUITE_END()
