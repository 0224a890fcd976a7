// elementwise: formulas of users, their broadcasting, derivatives, errors, places and bits. Most of the time
// to compile this file is derivatives: elementwise<1> where no more than the first is looked at.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <xtape/core/xt.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/elementwise.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/trigonometric.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/kernel_checks.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::message_of;
using test::text_of;

namespace {

const auto naive_gelu = [](auto x) {
  return 0.5 * x * (1.0 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
};

template <Real T>
std::vector<T> values(const BasicTensor<T>& x) {
  return {x.data(), x.data() + x.size()};
}

/// The derivative of y with respect to x, x being independent of everything else.
template <Real T>
BasicTensor<T> derivative(const BasicTensor<T>& y, const BasicTensor<T>& x) {
  return grad(y, x, {.grad_outputs = {ones_like(y)}, .create_graph = true, .allow_unused = true});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(elementwise_ops)

BOOST_AUTO_TEST_CASE(a_formula_of_one_input) {
  const Tensor64 x = {{-1, 0}, {0.5, 2}};
  const auto y = elementwise("gelu", naive_gelu, x);
  const auto want = [](double v) {
    return 0.5 * v * (1 + std::tanh(0.7978845608 * (v + 0.044715 * v * v * v)));
  };
  BOOST_TEST(close(y, {{want(-1), 0}, {want(0.5), want(2)}}, 1e-15));
  BOOST_TEST(!y.requires_grad());
  test::check_unary([](const Tensor64& v) { return elementwise("gelu", naive_gelu, v); }, -3, 3);
}

BOOST_AUTO_TEST_CASE(a_formula_of_two_inputs) {
  const auto f = [](auto a, auto b) { return a * exp(b) + b / (1 + a * a); };
  const auto y = elementwise("f", f, reshape(Tensor64{1, 2}, {2, 1}), Tensor64{0, 1});
  BOOST_TEST(close(y, {{1, std::exp(1.0) + 0.5}, {2, 2 * std::exp(1.0) + 0.2}}, 1e-15));
  test::check_binary([&](const Tensor64& a, const Tensor64& b) { return elementwise("f", f, a, b); }, -1, 2);
}

BOOST_AUTO_TEST_CASE(a_formula_of_many_inputs) {
  const auto f = [](auto a, auto b, auto c, auto d) {
    return a * b * sin(c) + select(a > d, exp(d), b * c * c);
  };
  for (const Shape& last : {Shape{}, Shape{4}, Shape{2, 1, 1}})
    check_grads([&](const std::vector<Tensor64>& x) { return elementwise("f", f, x[0], x[1], x[2], x[3]); },
                {test::uniform({2, 3, 4}, -1, 1), test::uniform({3, 1}, -1, 1, 2),
                 test::uniform({4}, -1, 1, 3), test::uniform(last, -1, 1, 4)});
  const Tensor64 one = 1;
  const auto total = [](auto... v) { return (v + ...); };
  const auto sum15 =
      elementwise<1>("total", total, one, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, Tensor64{15, 16});
  BOOST_TEST(equal(sum15, {120, 121}));
}

BOOST_AUTO_TEST_CASE(numbers_captured_and_given) {
  for (const double scale : {2.0, -3.0}) {
    const auto f = [scale](auto x, auto shift) { return scale * sin(x) + shift; };
    check_grads([&](const std::vector<Tensor64>& x) { return elementwise("f", f, x[0], 0.5); },
                {test::uniform({7}, -1, 1)}, {.order = 3});
  }
  const Tensor64 x = {1, 2};
  const xt::xarray<double> a = {10, 20};
  const auto product = [](auto u, auto v) { return u * v; };
  BOOST_TEST(equal(elementwise<1>("product", product, x, a), {10, 40}));
  BOOST_TEST(equal(elementwise<1>("product", product, 2 * a, x), {20, 80}));
}

BOOST_AUTO_TEST_CASE(composed_with_another_formula) {
  const auto f = [](auto a, auto b) { return a * a * b; };
  const auto g = [](auto v) { return exp(sin(v)); };
  check_grads(
      [&](const std::vector<Tensor64>& x) { return elementwise("g", g, elementwise("f", f, x[0], x[1])); },
      {test::uniform({2, 3}, -1, 1), test::uniform({3}, -1, 1, 2)}, {.order = 3});
  check_grads(
      [&](const std::vector<Tensor64>& x) { return elementwise("f", f, elementwise("g", g, x[0]), x[0]); },
      {test::uniform({4}, -1, 1)}, {.order = 3});
}

BOOST_AUTO_TEST_CASE(third_derivatives_are_those_of_the_formula) {
  const Tensor64 x = Tensor64(0.7).requires_grad_(), w = Tensor64(-1.3).requires_grad_();
  const auto y = elementwise(
      "f", [](auto v, auto u) { return exp(v * u) * u; }, x, w);
  const double v = 0.7, u = -1.3, e = std::exp(v * u);
  const auto yx = derivative(y, x), yxx = derivative(yx, x), yxw = derivative(yx, w);
  BOOST_TEST(yx.item() == e * u * u, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(derivative(yxx, x).item() == e * u * u * u * u, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(derivative(yxx, w).item() == e * u * u * (v * u + 3), boost::test_tools::tolerance(1e-14));
  BOOST_TEST(derivative(yxw, w).item() == e * (v * v * u * u + 4 * v * u + 2),
             boost::test_tools::tolerance(1e-13));
  const auto ywww = derivative(derivative(derivative(y, w), w), w);
  BOOST_TEST(ywww.item() == e * v * v * (v * u + 3), boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(a_derivative_of_too_high_an_order_says_so) {
  const auto x = Tensor64(0.5).requires_grad_();
  const auto f = [](auto v) { return sin(v); };
  auto y = elementwise("wave", f, x);
  for (int order = 0; order < 3; ++order) y = derivative(y, x);
  BOOST_TEST(y.item() == -std::cos(0.5), boost::test_tools::tolerance(1e-14));
  const std::string message = text_of<GraphError>([&] { derivative(y, x); });
  BOOST_TEST(message ==
             "wave: its derivative of order 4 was asked for, but only 3 are compiled; a formula of yours has "
             "more as "
             "elementwise<4>(...)");
  auto z = elementwise<5>("wave", f, x);
  for (int order = 0; order < 5; ++order) z = derivative(z, x);
  BOOST_TEST(z.item() == std::cos(0.5), boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_derivative_that_is_zero_by_its_form_is_zeros) {
  const auto x = Tensor64{1, -2}.requires_grad_();
  BOOST_TEST(equal(derivative(elementwise(
                                  "steps", [](auto v) { return floor(v) * 3; }, x),
                              x),
                   {0, 0}));
  BOOST_TEST(equal(derivative(elementwise(
                                  "constant", [](auto) { return 3.0; }, x),
                              x),
                   {0, 0}));
  const auto gx = derivative(elementwise(
                                 "size", [](auto v) { return abs(v); }, x),
                             x);
  BOOST_TEST(equal(gx, {1, -1}));
  BOOST_TEST(equal(derivative(gx, x), {0, 0}));
}

BOOST_AUTO_TEST_CASE(inputs_that_no_derivative_reads_may_change) {
  const auto a = Tensor64{1, 2}.requires_grad_(), b = Tensor64{3, 4}.requires_grad_();
  const auto y = elementwise<1>(
      "f", [](auto u, auto v) { return 2 * u + exp(v); }, a, b);
  {
    const NoGrad frozen;
    a.detach().mutable_data()[0] = 100;
  }
  BOOST_TEST(equal(derivative(y, a), {2, 2}));
  {
    const NoGrad frozen;
    b.detach().mutable_data()[0] = 100;
  }
  BOOST_TEST(text_of<GraphError>([&] {
               derivative(y, b);
             }).find("f: its gradient needs the value that input 1 (2,) had") == 0);
}

BOOST_AUTO_TEST_CASE(an_input_that_a_derivative_does_not_name_first_is_still_kept) {
  // d/da reads b alone, but its derivative in b is taken of a formula that names c.
  const auto f = [](auto a, auto b, auto c) { return a * b + select(c > 0, a * b, -a * b); };
  check_grads([&](const std::vector<Tensor64>& x) { return elementwise("f", f, x[0], x[1], x[2]); },
              {test::uniform({5}, -1, 1), test::uniform({5}, -1, 1, 2), test::uniform({5}, -1, 1, 3)});
}

BOOST_AUTO_TEST_CASE(what_is_saved) {
  const auto a = ones<double>({1000}).requires_grad_(), b = ones<double>({1000}).requires_grad_();
  const auto bytes = [](const Tensor64& y) { return y.node()->saved_bytes; };
  BOOST_TEST(bytes(a + b) == 0u);
  BOOST_TEST(bytes(a - 2) == 0u);
  BOOST_TEST(bytes(a * 2) == 0u);
  BOOST_TEST(bytes(a / 2) == 0u);
  BOOST_TEST(bytes(-a) == 0u);
  BOOST_TEST(bytes(a * b) == 16000u);
  BOOST_TEST(bytes(exp(a)) == 8000u);
  BOOST_TEST(bytes(elementwise<1>(
                 "f", [](auto u, auto v) { return u + exp(v); }, a, b)) == 8000u);
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_broadcast) {
  const auto f2 = [](auto u, auto v) { return u * v; };
  const auto f3 = [](auto u, auto v, auto w) { return u * v * w; };
  const Tensor64 a = ones<double>({2, 3}), b = ones<double>({2}), c = ones<double>({4, 1, 1});
  BOOST_TEST(text_of<ShapeError>([&] { elementwise<1>("f", f2, a, b); }) ==
             "f: shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
  BOOST_TEST(text_of<ShapeError>([&] { elementwise<1>("f", f3, c, a, b); }) ==
             "f: shapes (4, 1, 1), (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
}

BOOST_AUTO_TEST_CASE(errors_and_nodes_name_the_call) {
  const Tensor64 a = ones<double>({2, 3}), b = ones<double>({2});
  const auto f = [](auto u, auto v) { return u * v; };
  int line = 0;
  const auto message = message_of<ShapeError>([&] {
    line = __LINE__ + 1;
    elementwise<1>("f", f, a, b);
  });
  BOOST_TEST(message.substr(message.find(", at ")) == test::place(__FILE__, line));
  const auto sum_message = message_of<ShapeError>([&] {
    line = __LINE__ + 1;
    a + b;
  });
  BOOST_TEST(sum_message.substr(sum_message.find(", at ")) == test::place(__FILE__, line));
}

BOOST_AUTO_TEST_CASE(same_bits_on_any_number_of_threads) {
  const auto a = test::uniform({test::odd_and_large * 3}, -3, 3).astype<float>();
  const auto b = test::uniform({3, 1}, -3, 3, 2).astype<float>();
  const auto wide = test::uniform({3, test::odd_and_large}, -3, 3).astype<float>();
  const auto f = [](auto u, auto v) { return sin(u) * exp(v) + u / (1 + v * v); };
  test::check_threads([&] { return values(elementwise("gelu", naive_gelu, a)); });
  test::check_threads([&] { return values(elementwise<1>("f", f, wide, b)); });
}

BOOST_AUTO_TEST_CASE(same_bits_wherever_an_element_stands) {
  const auto x = test::uniform({100}, -3, 3).astype<float>();
  const auto all = values(elementwise("gelu", naive_gelu, x));
  for (index_t i = 0; i < x.size(); ++i)
    BOOST_TEST(elementwise("gelu", naive_gelu, Tensor(x.data()[i])).item() ==
               all[static_cast<std::size_t>(i)]);
}

BOOST_AUTO_TEST_CASE(float_agrees_with_double) {
  const auto x = test::uniform({1001}, -4, 4);
  const auto run = [](const auto& v) {
    const auto leaf = v.clone().requires_grad_();
    const auto y = elementwise("gelu", naive_gelu, leaf);
    const auto gx = derivative(y, leaf);
    return std::array{y, gx, derivative(gx, leaf)};
  };
  const auto narrow = run(x.astype<float>());
  const auto wide = run(x.astype<float>().astype<double>());
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(close(narrow[i].astype<double>(), wide[i], 5e-6));
}

BOOST_AUTO_TEST_CASE(the_naive_formula_stays_finite_where_its_parts_do_not) {
  const Tensor x = Tensor{-1e30f, -1e4f, 0, 1e4f, 1e30f}.requires_grad_();
  const auto y = elementwise("gelu", naive_gelu, x);
  BOOST_TEST(equal(y, {0, 0, 0, 1e4f, 1e30f}));
  const auto gx = derivative(y, x);
  BOOST_TEST(equal(gx, {0, 0, 0.5, 1, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
