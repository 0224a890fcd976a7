// Reductions: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};

const std::vector<Shape> shapes = {{2, 3, 4}, {1, 1, 1}, {2, 0, 3}, {3, 37, 301}};
const std::vector<Axes> some_axes = {{}, 0, -1, {0, 2}, {-2}};

}  // namespace

BOOST_AUTO_TEST_SUITE(reduce)

BOOST_AUTO_TEST_CASE(sum_over_each_axis) {
  BOOST_TEST(equal(sum(x23), 21));
  BOOST_TEST(equal(sum(x23, 0), {5, 7, 9}));
  BOOST_TEST(equal(sum(x23, -1), {6, 15}));
  BOOST_TEST(equal(sum(x23, {0, 1}), 21));
  BOOST_TEST(equal(sum(x23, 0, {.keep_dims = true}), {{5, 7, 9}}));
  BOOST_TEST(equal(sum(x23, {}, {.keep_dims = true}), full<double>({1, 1}, 21)));
  const auto x = reshape(arange<double>(24), {2, 3, 4});
  BOOST_TEST(equal(sum(x, {2, 0}), {60, 92, 124}));
  BOOST_TEST(equal(sum(x, std::vector<int>{-1, 0}), {60, 92, 124}));
  BOOST_TEST(equal(sum(x, 1), {{12, 15, 18, 21}, {48, 51, 54, 57}}));
}

BOOST_AUTO_TEST_CASE(sum_of_scalars_and_of_nothing) {
  BOOST_TEST(equal(sum(Tensor64(3)), 3));
  BOOST_TEST(equal(sum(Tensor64{5}), 5));
  BOOST_TEST(equal(sum(Tensor64()), 0));
  BOOST_TEST(equal(sum(zeros<double>({2, 0}), 1), {0, 0}));
  BOOST_TEST((sum(zeros<double>({2, 0}), 0).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(sum_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] { sum(x23, 2); }) ==
             "sum: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] { sum(x23, {1, -1}); }) == "sum: axis 1 of shape (2, 3) is named twice");
  BOOST_TEST(text_of<ShapeError>([] { sum(Tensor64(1), 0); }) ==
             "sum: axis 0 of a scalar of shape (), which has no axes");
}

BOOST_AUTO_TEST_CASE(sum_to_adds_up_what_broadcasting_repeated) {
  BOOST_TEST(equal(sum_to(x23, {3}), {5, 7, 9}));
  BOOST_TEST(equal(sum_to(x23, {1, 3}), {{5, 7, 9}}));
  BOOST_TEST(equal(sum_to(x23, {2, 1}), reshape(Tensor64{6, 15}, {2, 1})));
  BOOST_TEST(equal(sum_to(x23, {}), 21));
  BOOST_TEST(equal(sum_to(x23, {1}), {21}));
  BOOST_TEST(sum_to(x23, {2, 3}).data() == x23.data());
  BOOST_TEST(equal(sum_to(zeros<double>({0, 3}), {1, 3}), {{0, 0, 0}}));
  BOOST_TEST(text_of<ShapeError>([] { sum_to(x23, {2}); }) ==
             "sum_to: shape (2,) does not broadcast to (2, 3)");
}

BOOST_AUTO_TEST_CASE(gradients_of_sums) {
  const auto x = x23.clone().requires_grad_();
  sum(x, 1).backward(Tensor64{10, 20});
  BOOST_TEST(equal(x.grad(), {{10, 10, 10}, {20, 20, 20}}));
  x.zero_grad();
  sum_to(x, {3}).backward(Tensor64{1, 2, 3});
  BOOST_TEST(equal(x.grad(), {{1, 2, 3}, {1, 2, 3}}));
}

BOOST_AUTO_TEST_CASE(sums_have_gradients_to_order_two) {
  for (const Shape& shape : shapes) {
    const auto v = randn<double>(shape);
    for (const Axes& axis : some_axes) {
      check_grads([&](const auto& x) { return sum(x[0], axis); }, {v});
      check_grads([&](const auto& x) { return sum(x[0], axis, {.keep_dims = true}); }, {v});
    }
    check_grads([&](const auto& x) { return sum_to(x[0], {shape[1], 1}); }, {v});
    check_grads([&](const auto& x) { return sum_to(x[0], {1, 1, shape[2]}); }, {v});
    check_grads([](const auto& x) { return sum_to(x[0], {}); }, {v});
  }
}

BOOST_AUTO_TEST_CASE(mean_divides_by_the_count) {
  BOOST_TEST(equal(mean(x23), 3.5));
  BOOST_TEST(equal(mean(x23, 0), {2.5, 3.5, 4.5}));
  BOOST_TEST(equal(mean(x23, 1, {.keep_dims = true}), reshape(Tensor64{2, 5}, {2, 1})));
  BOOST_TEST(close(mean(full({49}, 0.1)), 0.1F, 1e-7));
  BOOST_TEST(equal(mean(Tensor64(3)), 3));
  BOOST_TEST(equal(mean(Tensor64()), NaN));
  BOOST_TEST(equal(mean(zeros<double>({2, 0}), 1), {NaN, NaN}));
  BOOST_TEST((mean(zeros({2, 0}), 0).shape() == Shape{0}));
  BOOST_TEST(text_of<ShapeError>([] { mean(x23, -3); }) ==
             "mean: axis -3 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(var_is_the_mean_square_distance) {
  BOOST_TEST(close(var(x23), 35.0 / 12, 1e-15));
  BOOST_TEST(equal(var(x23, 0), {2.25, 2.25, 2.25}));
  BOOST_TEST(close(var(x23, 1, {.keep_dims = true}), full<double>({2, 1}, 2.0 / 3), 1e-15));
  BOOST_TEST(equal(var(x23, -1, {.ddof = 1}), {1, 1}));
  BOOST_TEST(equal(var(x23, 0, {.ddof = 2}), {inf, inf, inf}));
  BOOST_TEST(equal(var(Tensor64{5}, 0, {.ddof = 1}), NaN));
  BOOST_TEST(equal(var(Tensor64(5)), 0));
  BOOST_TEST(equal(var(Tensor64()), NaN));
  BOOST_TEST(text_of<ShapeError>([] { var(x23, 2); }) ==
             "var: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(var_keeps_its_digits_far_from_zero) {
  BOOST_TEST(equal(var(Tensor64{1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 4}), 1.25));
  BOOST_TEST(equal(var(Tensor{8191, 8193, 8191, 8193}), 1));
}

BOOST_AUTO_TEST_CASE(std_is_the_root_of_var) {
  BOOST_TEST(close(xtape::std(x23), std::sqrt(35.0 / 12), 1e-15));
  BOOST_TEST(equal(xtape::std(x23, 0), {1.5, 1.5, 1.5}));
  BOOST_TEST(equal(stddev(x23, -1, {.keep_dims = true, .ddof = 1}), ones<double>({2, 1})));
  BOOST_TEST(equal(stddev(Tensor64{5}, 0, {.ddof = 1}), NaN));
  BOOST_TEST(equal(stddev(Tensor64()), NaN));
  BOOST_TEST((stddev(zeros({2, 0}), 0).shape() == Shape{0}));
  BOOST_TEST(text_of<ShapeError>([] { xtape::std(x23, 2); }) ==
             "std: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(std_has_gradient_zero_where_nothing_varies) {
  const Tensor64 x = Tensor64{{3, 3, 3}, {1, 2, 3}}.requires_grad_();
  const auto gx = grad(sum(stddev(x, 1)), x, {.create_graph = true});
  const double part = 1 / std::sqrt(6.0);
  BOOST_TEST(close(gx, {{0, 0, 0}, {-part, 0, part}}, 1e-15));
  BOOST_TEST(close(grad(sum(gx * Tensor64{{1, 2, 4}, {0, 1, 0}}), x),
                   {{0, 0, 0}, {-part / 3, 2 * part / 3, -part / 3}}, 1e-15));
}

BOOST_AUTO_TEST_CASE(amax_and_amin_choose) {
  BOOST_TEST(equal(amax(x23), 6));
  BOOST_TEST(equal(amin(x23), 1));
  BOOST_TEST(equal(amax(x23, 0), {4, 5, 6}));
  BOOST_TEST(equal(amin(x23, -1, {.keep_dims = true}), reshape(Tensor64{1, 4}, {2, 1})));
  BOOST_TEST(equal(amax(Tensor64(-3)), -3));
  BOOST_TEST(equal(amax(Tensor64{-inf, -inf}), -inf));
  BOOST_TEST(equal(amin(Tensor64{inf, 1e300, -1e300}), -1e300));
  BOOST_TEST(equal(amax(Tensor64{1, NaN, 3}), NaN));
  BOOST_TEST(equal(amin(Tensor64{{1, 2}, {NaN, -inf}}, 1), {1, NaN}));
  BOOST_TEST((amax(zeros({0, 3}), 1).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(amax_and_amin_name_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] {
               amax(zeros({2, 0}), 1);
             }) == "amax: nothing to choose from: shape (2, 0) is empty along axes to reduce");
  BOOST_TEST(text_of<ShapeError>([] { amin(Tensor()); }) ==
             "amin: nothing to choose from: shape (0,) is empty along axes to reduce");
  BOOST_TEST(text_of<ShapeError>([] { amin(x23, {0, 0}); }) == "amin: axis 0 of shape (2, 3) is named twice");
  BOOST_TEST(text_of<ShapeError>([] { amax(x23, 2); }) ==
             "amax: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(ties_share_the_gradient) {
  const auto gradient = [](auto f, const Tensor64& values) {
    const auto x = values.detach().requires_grad_();
    return grad(f(x), x);
  };
  const auto largest = [](const auto& x) { return amax(x); };
  const auto smallest = [](const auto& x) { return amin(x); };
  BOOST_TEST(equal(gradient(largest, {1, 4, 4, 2}), {0, 0.5, 0.5, 0}));
  BOOST_TEST(equal(gradient(smallest, {{0, 1}, {-0.0, 0}}), {{1.0 / 3, 0}, {1.0 / 3, 1.0 / 3}}));
  BOOST_TEST(equal(gradient(largest, {-inf, -inf}), {0.5, 0.5}));
  BOOST_TEST(equal(gradient(largest, {1, NaN, 3}), {0, 1, 0}));
}

BOOST_AUTO_TEST_CASE(logsumexp_stays_in_range) {
  BOOST_TEST(close(logsumexp(x23), 6.456193316018123, 1e-15));
  BOOST_TEST(close(logsumexp(x23, 0), {4.0485873515737419, 5.0485873515737419, 6.0485873515737419}, 1e-15));
  BOOST_TEST(close(logsumexp(x23, -1, {.keep_dims = true}),
                   reshape(Tensor64{3.4076059644443806, 6.4076059644443806}, {2, 1}), 1e-15));
  BOOST_TEST(close(logsumexp(Tensor64{1e30, 1e30}), 1e30, 1e-15));
  BOOST_TEST(equal(logsumexp(Tensor64{-1e4, -1e4}), -1e4 + std::log(2.0)));
  BOOST_TEST(equal(logsumexp(Tensor64{-inf, 3}), 3));
  BOOST_TEST(equal(logsumexp(Tensor64{-inf, -inf}), -inf));
  BOOST_TEST(equal(logsumexp(Tensor64{inf, 3, -inf}), inf));
  BOOST_TEST(equal(logsumexp(Tensor64{inf, NaN}), NaN));
  BOOST_TEST(equal(logsumexp(Tensor64(-7)), -7));
  BOOST_TEST(equal(logsumexp(zeros<double>({2, 0}), 1), {-inf, -inf}));
  BOOST_TEST(text_of<ShapeError>([] { logsumexp(x23, 5); }) ==
             "logsumexp: axis 5 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(logsumexp_of_masked_rows_has_finite_gradients) {
  const Tensor64 x = Tensor64{{-inf, -inf}, {-inf, 2}, {1, 1}}.requires_grad_();
  const auto gx = grad(logsumexp(x, 1), x, {.grad_outputs = {Tensor64{3, 4, 5}}, .create_graph = true});
  BOOST_TEST(close(gx, {{0, 0}, {0, 4}, {2.5, 2.5}}, 1e-15));
  BOOST_TEST(
      close(grad(sum(gx * Tensor64{{1, 2}, {3, 4}, {5, 6}}), x), {{0, 0}, {0, 0}, {-1.25, 1.25}}, 4e-15));
}

BOOST_AUTO_TEST_CASE(reductions_have_gradients_to_order_two) {
  for (const Shape& shape : shapes) {
    const auto v = randn<double>(shape);
    const bool empty = v.size() == 0;
    const Tensor64 steps = permutation(v.size()).array() * 0.01;
    const auto apart = reshape(steps, shape);  // so far that no numeric step exchanges the largest elements
    for (const Axes& axis : some_axes) {
      for (const bool keep : {false, true}) {
        check_grads([&](const auto& x) { return mean(x[0], axis, {.keep_dims = keep}); }, {v});
        check_grads([&](const auto& x) { return logsumexp(x[0], axis, {.keep_dims = keep}); }, {v});
        check_grads([&](const auto& x) { return var(x[0], axis, {.keep_dims = keep}); }, {v});
        check_grads([&](const auto& x) { return stddev(x[0], axis, {.keep_dims = keep}); }, {v});
        if (empty) continue;
        check_grads([&](const auto& x) { return amax(x[0], axis, {.keep_dims = keep}); }, {apart});
        check_grads([&](const auto& x) { return amin(x[0], axis, {.keep_dims = keep}); }, {apart});
      }
    }
    if (!empty) check_grads([&](const auto& x) { return var(x[0], 1, {.ddof = 0.5}); }, {v});
    if (!empty) check_grads([&](const auto& x) { return stddev(x[0], 1, {.ddof = 0.5}); }, {v});
    check_grads([](const auto& x) { return sum(x[0] * logsumexp(x[0], 2, {.keep_dims = true})); }, {v});
  }
}

BOOST_AUTO_TEST_CASE(the_same_tensor_through_several_reductions) {
  const auto x = x23.clone().requires_grad_();
  const auto y = sum(x * (x - mean(x, 1, {.keep_dims = true})) / amax(x));
  y.backward();
  BOOST_TEST(close(x.grad(), {{-1.0 / 3, 0, 1.0 / 3}, {-1.0 / 3, 0, 1.0 / 3 - 4.0 / 36}}, 1e-15));
}

BOOST_AUTO_TEST_SUITE_END()
