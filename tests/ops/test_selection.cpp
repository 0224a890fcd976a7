// maximum, minimum and clip: values, ties, NaN, bounds, gradients.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/selection.hpp>

#include "tests/support/elementwise.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();

Tensor64 gradient(const Tensor64& y, const Tensor64& x) {
  return grad(y, x, {.grad_outputs = {ones_like(y)}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 a = {1, 5, none, 2, -inf}, b = {2, 4, 1, none, 0};
  BOOST_TEST(equal(maximum(a, b), {2, 5, none, none, 0}));
  BOOST_TEST(equal(minimum(a, b), {1, 4, none, none, -inf}));
  BOOST_TEST(equal(maximum(Tensor64{{1, -1}}, 0), {{1, 0}}));
  BOOST_TEST(equal(maximum(Tensor64{1, 3}, Tensor64{{2, 2}, {0, 0}}), {{2, 3}, {1, 3}}));
  BOOST_TEST(equal(clip(a, 2, 4), {2, 4, none, 2, 2}));
  BOOST_TEST(equal(clip(a, {.min = 2}), {2, 5, none, 2, 2}));
  BOOST_TEST(equal(clip(a, {.max = 1.5}), {1, 1.5, none, 1.5, -inf}));
  BOOST_TEST(equal(clip(Tensor64{0, 9}, 5, 3), {3, 3}));
  BOOST_TEST(equal(clip(Tensor64{1, 2}, Tensor64{none, 0}, Tensor64{2, none}), {none, none}));
  BOOST_TEST(equal(clip(Tensor64{1}, none, 2), {none}));
  BOOST_TEST(equal(clip(Tensor64{0, 4, 9}, Tensor64{{1, 5, 5}, {0, 0, 0}}, 6), {{1, 5, 6}, {0, 4, 6}}));
}

BOOST_AUTO_TEST_CASE(gradients) {
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return maximum(a, b + 1.0 / 1024); }, -1, 1);
  test::check_binary([](const Tensor64& a, const Tensor64& b) { return minimum(a, b + 1.0 / 1024); }, -1, 1);
  test::check_unary([](const Tensor64& x) { return clip(x, -0.5, 0.25); }, -1, 1);
  const auto between = [](const std::vector<Tensor64>& in) { return clip(in[0], in[1], in[2]); };
  for (const auto& [x, bounds] : {std::pair{Shape{}, Shape{}},
                                  {Shape{3, 4}, Shape{4}},
                                  {Shape{3}, Shape{2, 1}},
                                  {Shape{0, 3}, Shape{3}},
                                  {Shape{test::odd_and_large}, Shape{1}}})
    check_grads(between, {test::uniform(x, -2, 2, 1), test::uniform(bounds, -1.5, 0, 2) + 1.0 / 2048,
                          test::uniform(bounds, 0, 1.5, 3) + 1.0 / 2048});
}

BOOST_AUTO_TEST_CASE(ties_share_the_gradient) {
  const auto a = Tensor64{1, 2, 3}.requires_grad_(), b = Tensor64{1, 0, 5}.requires_grad_();
  BOOST_TEST(equal(gradient(maximum(a, b), a), {0.5, 1, 0}));
  BOOST_TEST(equal(gradient(maximum(a, b), b), {0.5, 0, 1}));
  BOOST_TEST(equal(gradient(minimum(a, b), a), {0.5, 0, 1}));
  BOOST_TEST(equal(gradient(minimum(a, b), b), {0.5, 1, 0}));
  BOOST_TEST(equal(gradient(maximum(a, a), a), {1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(bounds_pass_the_gradient) {
  const auto x = Tensor64{-1, 0, 0.5, 1, 2}.requires_grad_();
  BOOST_TEST(equal(gradient(clip(x, 0, 1), x), {0, 1, 1, 1, 0}));
}

BOOST_AUTO_TEST_CASE(what_does_not_broadcast) {
  BOOST_TEST(text_of<ShapeError>([] {
               maximum(ones<double>({2, 3}), ones<double>({2}));
             }) == "maximum: shapes (2, 3) and (2,) do not broadcast: axis 1 from the last has 3 and 2");
}

BOOST_AUTO_TEST_SUITE_END()
