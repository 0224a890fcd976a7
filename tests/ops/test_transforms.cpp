// Functions of functions: against closed forms, and against each other.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/exponential.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/ops/transforms.hpp>
#include <xtape/ops/trigonometric.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::message_of;
using test::place;
using test::text_of;

namespace {

using Inputs = std::vector<Tensor64>;

const auto cube = [](const auto& x) { return x * x * x; };
const auto sum_of_cubes = [](const auto& x) { return sum(x * x * x); };

Tensor64 some(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn<double>(shape, generator);
}

Tensor64 one_by_one(double value) { return reshape(Tensor64(value), {1, 1}); }

// (2, 3) and (3, 2) to (2, 2), of both inputs and not linear.
Tensor64 product(const Inputs& x) { return tanh(matmul(x[0], x[1] * x[1])); }

}  // namespace

BOOST_AUTO_TEST_SUITE(transforms)

BOOST_AUTO_TEST_CASE(vector_jacobian_product) {
  const Tensor x = {1, 2}, gy = {10, 100};
  const auto [value, result] = vjp(cube, x, gy);
  BOOST_TEST(equal(value, {1, 8}));
  BOOST_TEST(equal(result, {30, 1200}));
  BOOST_TEST(!value.requires_grad());
  BOOST_TEST(!result.requires_grad());
  const auto both = vjp(product, Inputs{some({2, 3}, 1), some({3, 2}, 2)}, some({2, 2}, 3));
  BOOST_TEST((both.result[0].shape() == Shape{2, 3}));
  BOOST_TEST((both.result[1].shape() == Shape{3, 2}));
}

BOOST_AUTO_TEST_CASE(gradient_and_value) {
  const auto [value, result] = grad_and_value(sum_of_cubes, Tensor64{1, 2});
  BOOST_TEST(value.item() == 9);
  BOOST_TEST(equal(result, {3, 12}));
  const auto both = grad_and_value([](const Inputs& x) { return sum(x[0] * x[1]); }, Inputs{{1, 2}, {3, 4}});
  BOOST_TEST(equal(both.result[0], {3, 4}));
  BOOST_TEST(equal(both.result[1], {1, 2}));
}

BOOST_AUTO_TEST_CASE(jacobian_vector_product) {
  const auto [value, result] = jvp(cube, Tensor{1, 2}, {10, 100});
  BOOST_TEST(equal(value, {1, 8}));
  BOOST_TEST(equal(result, {30, 1200}));
  // <gy, J t> = <J^T gy, t>, for two inputs of a function to another shape
  const Inputs x = {some({2, 3}, 1), some({3, 2}, 2)}, t = {some({2, 3}, 3), some({3, 2}, 4)};
  const Tensor64 gy = some({2, 2}, 5);
  const auto forward = jvp(product, x, t);
  const auto backward = vjp(product, x, gy);
  BOOST_TEST((forward.result.shape() == Shape{2, 2}));
  const Tensor64 both = sum(backward.result[0] * t[0]) + sum(backward.result[1] * t[1]);
  BOOST_TEST(close(sum(forward.result * gy), both, 1e-13));
}

BOOST_AUTO_TEST_CASE(jacobians_have_the_values_shape_then_the_inputs) {
  const Tensor64 x = some({2, 3}, 1);
  const auto rows = [](const Tensor64& z) { return sum(z * z, 1); };
  const Tensor64 j = jacobian(rows, x);
  BOOST_TEST((j.shape() == Shape{2, 2, 3}));
  BOOST_TEST(close(sum(j, 1), 2 * x, 1e-14));  // row i depends on row i alone
  BOOST_TEST(j.at({0, 1, 2}) == 0);
  BOOST_TEST((jacobian(cube, Tensor(2)).shape() == Shape{}));
  BOOST_TEST(jacobian(cube, Tensor(2)).item() == 12);
  BOOST_TEST((jacobian([](const Tensor& z) { return sum(z); }, Tensor{{1, 2}}).shape() == Shape{1, 2}));
}

BOOST_AUTO_TEST_CASE(jacobians_against_both_products) {
  const Inputs x = {some({2, 3}, 1), some({3, 2}, 2)};
  const auto j = jacobian(product, x);
  BOOST_TEST((j[0].shape() == Shape{2, 2, 2, 3}));
  BOOST_TEST((j[1].shape() == Shape{2, 2, 3, 2}));
  const Tensor64 gy = some({2, 2}, 3);
  const Inputs t = {some({2, 3}, 4), some({3, 2}, 5)};
  const auto backward = vjp(product, x, gy).result;
  const auto forward = jvp(product, x, t).result;
  Tensor64 expected = zeros<double>({1, 4});
  for (std::size_t k = 0; k < 2; ++k) {
    const Tensor64 matrix = reshape(j[k], {4, 6});
    BOOST_TEST(close(reshape(matmul(reshape(gy, {1, 4}), matrix), x[k].shape()), backward[k], 1e-13));
    expected += reshape(matmul(matrix, reshape(t[k], {6, 1})), {1, 4});
  }
  BOOST_TEST(close(reshape(forward, {1, 4}), expected, 1e-13));
}

BOOST_AUTO_TEST_CASE(hessians) {
  const Tensor64 h = hessian(sum_of_cubes, Tensor64{1, 2});
  BOOST_TEST(equal(h, {{6, 0}, {0, 12}}));
  // x0^2 x1 + x1^3: blocks 2 x1, 2 x0, 2 x0, 6 x1
  const auto f = [](const Inputs& x) { return sum(x[0] * x[0] * x[1] + x[1] * x[1] * x[1]); };
  const auto blocks = hessian(f, Inputs{{3}, {5}});
  BOOST_TEST(equal(blocks[0][0], one_by_one(10)));
  BOOST_TEST(equal(blocks[0][1], one_by_one(6)));
  BOOST_TEST(equal(blocks[1][0], one_by_one(6)));
  BOOST_TEST(equal(blocks[1][1], one_by_one(30)));
  const auto wide = [](const Tensor64& x) { return logsumexp(reshape(x, {6}), 0); };
  BOOST_TEST((hessian(wide, some({2, 3}, 1)).shape() == Shape{2, 3, 2, 3}));
}

BOOST_AUTO_TEST_CASE(hessian_vector_products) {
  const Tensor64 x = some({5}, 1), v = some({5}, 2);
  const auto f = [](const Tensor64& z) { return sum(exp(z)) * sum(z * z); };
  const auto [value, result] = hvp(f, x, v);
  BOOST_TEST(equal(value, f(x)));
  BOOST_TEST(close(result, reshape(matmul(hessian(f, x), reshape(v, {5, 1})), {5}), 1e-13));
  const auto g = [](const Inputs& z) { return sum(z[0] * z[1] * z[1]); };  // Hv: 2 x1 v1; 2 x1 v0 + 2 x0 v1
  const auto two = hvp(g, Inputs{{3}, {5}}, {{7}, {11}});
  BOOST_TEST(equal(two.result[0], {110}));
  BOOST_TEST(equal(two.result[1], {70 + 66}));
}

BOOST_AUTO_TEST_CASE(fused_ops_too) {
  const Tensor64 x = some({3, 4}, 1), v = some({3, 4}, 2);
  const auto f = [](const Tensor64& z) { return sum(softmax(z, -1) * z * z); };
  const auto product_of = reshape(matmul(reshape(hessian(f, x), {12, 12}), reshape(v, {12, 1})), {3, 4});
  BOOST_TEST(close(hvp(f, x, v).result, product_of, 1e-13));
}

BOOST_AUTO_TEST_CASE(functions_that_take_gradients_themselves) {
  // f(x) = |grad sum(x^3)|^2 = sum 9 x^4: f'' = 108 x^2
  const auto f = [](const Tensor64& x) {
    const Tensor64 g = grad(sum(x * x * x), x, {.create_graph = true});
    return sum(g * g);
  };
  BOOST_TEST(equal(hvp(f, Tensor64{1, 2}, {1, 10}).result, {108, 4320}));
  BOOST_TEST(equal(jacobian([](const Tensor64& x) { return jacobian(cube, x); }, Tensor64(2)), Tensor64(12)));
  const auto inner = [](const Tensor64& x) { return grad_and_value(sum_of_cubes, x).result; };
  BOOST_TEST(equal(jacobian(inner, Tensor64{1, 2}), {{6, 0}, {0, 12}}));
  BOOST_TEST(equal(jvp(inner, Tensor64{1, 2}, {1, 10}).result, {6, 120}));
}

BOOST_AUTO_TEST_CASE(results_are_recorded_where_something_outside_needs_it) {
  const Tensor64 x = Tensor64{1, 2}.requires_grad_(), weight = Tensor64{3, 4}.requires_grad_();
  const auto penalty = [&](const Tensor64& z) { return sum(z * z * weight); };
  const auto captured = grad_and_value(penalty, x.detach());
  BOOST_TEST(captured.value.requires_grad());
  BOOST_TEST(equal(grad(sum(captured.result), weight, {.retain_graph = true}), {2, 4}));
  BOOST_TEST(equal(grad(sum(vjp(cube, x, {1, 1}).result), x), {6, 12}));
  const Tensor64 gy = Tensor64{1, 1}.requires_grad_();
  const auto by_gy = vjp(cube, x.detach(), gy);
  BOOST_TEST(!by_gy.value.requires_grad());
  BOOST_TEST(equal(grad(sum(by_gy.result), gy), {3, 12}));
  BOOST_TEST(equal(grad(sum(jvp(cube, x, {1, 1}).result), x), {6, 12}));
  BOOST_TEST(equal(grad(sum(jvp(cube, x.detach(), gy).result), gy), {3, 12}));
  BOOST_TEST(equal(grad(sum(jacobian(cube, x)), x), {6, 12}));
  BOOST_TEST(equal(grad(sum(hessian(sum_of_cubes, x)), x), {6, 6}));
  BOOST_TEST(equal(grad(sum(hvp(sum_of_cubes, x, {1, 1}).result), x), {6, 6}));
  BOOST_TEST(!x.has_grad());
  const NoGrad scope;
  BOOST_TEST(!grad_and_value(penalty, x).result.requires_grad());
  BOOST_TEST(equal(hvp(sum_of_cubes, x, {1, 1}).result, {6, 12}));
}

BOOST_AUTO_TEST_CASE(inputs_are_independent_and_captures_are_constants) {
  const Tensor64 x = Tensor64{3}.requires_grad_();
  const auto f = [](const Inputs& z) { return sum(z[0] * z[1]); };
  const auto same = grad_and_value(f, Inputs{x, x}).result;
  BOOST_TEST(equal(same[0], {3}));
  BOOST_TEST(equal(grad_and_value(f, Inputs{x, x * x}).result[0], {9}));
  BOOST_TEST(equal(grad_and_value([&](const Tensor64& z) { return sum(z * x); }, x).result, {3}));
}

BOOST_AUTO_TEST_CASE(what_does_not_depend_on_the_input_is_zero) {
  const Tensor x = {1, 2}, other = {{3, 4}};
  const auto constant = [&](const Tensor&) { return other; };
  BOOST_TEST(equal(vjp(constant, x, {{1, 1}}).result, {0, 0}));
  BOOST_TEST(equal(jvp(constant, x, {1, 1}).result, {{0, 0}}));
  BOOST_TEST(equal(jacobian(constant, x), zeros({1, 2, 2})));
  const auto linear = [](const Tensor& z) { return sum(z); };
  BOOST_TEST(equal(hessian(linear, x), {{0, 0}, {0, 0}}));
  BOOST_TEST(equal(hvp(linear, x, {1, 1}).result, {0, 0}));
  const auto itself = [](const Tensor& z) { return z; };
  BOOST_TEST(equal(jacobian(itself, x), {{1, 0}, {0, 1}}));
}

BOOST_AUTO_TEST_CASE(empty_shapes) {
  const Tensor x = zeros({0, 3});
  BOOST_TEST((jacobian(cube, x).shape() == Shape{0, 3, 0, 3}));
  BOOST_TEST((jacobian([](const Tensor& z) { return sum(z); }, x).shape() == Shape{0, 3}));
  BOOST_TEST((hessian(sum_of_cubes, x).shape() == Shape{0, 3, 0, 3}));
  BOOST_TEST((jvp(cube, x, x).result.shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(errors_name_the_shapes_and_the_line) {
  const Tensor x = {1, 2};
  const auto call = [&] { vjp(cube, x, {1}); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>(call) ==
             "vjp: gy and the function's value differ in shape: (1,) and (2,)" + place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([&] {
               jvp(cube, x, {{1, 2}});
             }) == "jvp: tangents and x differ in shape: (1, 2) and (2,)");
  BOOST_TEST(text_of<ShapeError>([&] { hvp(sum_of_cubes, x, {1}); }) ==
             "hvp: v and x differ in shape: (1,) and (2,)");
  BOOST_TEST(text_of<ShapeError>([&] {
               hvp(cube, x, {1, 2});
             }) == "hvp: the function gives shape (2,), not one element; reduce it with sum() or mean()");
  BOOST_TEST(text_of<ShapeError>([&] { hessian(cube, x); }) ==
             "hessian: the function gives shape (2,), not one element; reduce it with sum() or mean()");
  BOOST_TEST(
      text_of<ShapeError>([&] { grad_and_value(cube, x); }) ==
      "grad_and_value: the function gives shape (2,), not one element; reduce it with sum() or mean()");
  BOOST_TEST(text_of<ShapeError>([&] {
               jvp(product, Inputs{{1}, {2}}, {{1}});
             }) == "jvp: 1 tangents for 2 inputs; give one each");
}

BOOST_AUTO_TEST_CASE(no_node_outlives_a_call) {
  const std::size_t nodes = live_nodes();
  hessian(sum_of_cubes, Tensor64{1, 2});
  jvp(cube, Tensor64{1, 2}, {1, 2});
  BOOST_TEST(live_nodes() == nodes);
}

BOOST_AUTO_TEST_SUITE_END()
