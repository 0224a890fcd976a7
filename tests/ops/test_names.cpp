// Names that mean something else elsewhere: a test for each row of the table in docs/pitfalls.md, and for the
// formula that stands there.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/xtape.hpp>

#include "tests/support/tensors.hpp"

using namespace xtape;

namespace {

const Tensor x = {{1, 2, 3}, {4, 5, 6}};
constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(transpose_reverses_all_axes) {
  const Tensor cube = zeros({2, 3, 4});
  BOOST_TEST(transpose(cube).shape() == Shape({4, 3, 2}));
  BOOST_TEST(swapaxes(cube, -1, -2).shape() == Shape({2, 4, 3}));
}

BOOST_AUTO_TEST_CASE(split_takes_the_number_of_parts) {
  const auto parts = split(Tensor{1, 2, 3, 4, 5, 6}, 2);
  BOOST_TEST(parts.size() == 2U);
  BOOST_TEST(test::equal(parts[1], {4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(variance_divides_by_n) {
  BOOST_TEST(var(Tensor{1, 3}).item() == 1);
  BOOST_TEST(xtape::std(Tensor{1, 3}).item() == 1);
}

BOOST_AUTO_TEST_CASE(repeat_is_per_element) {
  BOOST_TEST(test::equal(repeat(Tensor{1, 2}, 2), {1, 1, 2, 2}));
  BOOST_TEST(test::equal(tile(Tensor{1, 2}, 2), {1, 2, 1, 2}));
}

BOOST_AUTO_TEST_CASE(view_slices) { BOOST_TEST(test::equal(view(x, 1), {4, 5, 6})); }

BOOST_AUTO_TEST_CASE(take_follows_an_axis) {
  BOOST_TEST(test::equal(take(x, {2, 0}, 1), {{3, 1}, {6, 4}}));
  BOOST_TEST(test::equal(take_along_axis(x, {{2, 0}, {1, 1}}, 1), {{3, 1}, {5, 5}}));
}

BOOST_AUTO_TEST_CASE(round_goes_to_even) {
  BOOST_TEST(test::equal(round(Tensor{0.5, 1.5, -2.5}), {0, 2, -2}));
}

BOOST_AUTO_TEST_CASE(equal_extremes_share_the_gradient) {
  const Tensor v = Tensor{3, 1, 3}.requires_grad_();
  BOOST_TEST(test::equal(grad(amax(v), v), {0.5, 0, 0.5}));
  const Tensor w = Tensor{1, 3, 1}.requires_grad_();
  BOOST_TEST(test::equal(grad(amin(w), w), {0.5, 0, 0.5}));
}

BOOST_AUTO_TEST_CASE(nan_is_sorted_last) {
  const Tensor v = {2, not_a_number, 1};
  BOOST_TEST(test::equal(sort(v), {1, 2, not_a_number}));
  BOOST_TEST(test::equal(topk(v, 2).values, {2, 1}));
}

BOOST_AUTO_TEST_CASE(pad_begins_with_the_first_axis) {
  BOOST_TEST(pad(x, {{1, 1}, {0, 2}}).shape() == Shape({4, 5}));
}

BOOST_AUTO_TEST_CASE(the_mean_of_kl_div_is_over_elements) {
  const Tensor logs = zeros({2, 3}), target = full({2, 3}, std::exp(1.0));
  BOOST_TEST(std::abs(kl_div(logs, target).item() - std::exp(1.0F)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(masks_of_attention_keep) {
  const Tensor q = ones({1, 2, 4}), v = ones({1, 3, 4});
  const Mask keep = {{true, false, false}, {false, false, false}};
  const auto y = scaled_dot_product_attention(q, v, v, {.keep = keep});
  BOOST_TEST(test::equal(y, Tensor{{{1, 1, 1, 1}, {0, 0, 0, 0}}}));
}

BOOST_AUTO_TEST_CASE(softmax_of_nothing_is_zero) {
  const Tensor v = Tensor{-inf, -inf}.requires_grad_();
  const Tensor y = softmax(v);
  BOOST_TEST(test::equal(y, {0, 0}));
  BOOST_TEST(test::equal(grad(sum(y), v), {0, 0}));
}

BOOST_AUTO_TEST_CASE(plus_equals_moves_on) {
  Tensor a = {1, 2};
  const Tensor before = a;
  a += 1;
  BOOST_TEST(test::equal(a, {2, 3}));
  BOOST_TEST(test::equal(before, {1, 2}));
}

BOOST_AUTO_TEST_CASE(an_unused_input_has_gradient_zero) {
  const Tensor used = Tensor{1, 2}.requires_grad_(), unused = Tensor{3}.requires_grad_();
  BOOST_TEST(test::equal(grad(sum(used), std::vector<Tensor>{unused}, {.allow_unused = true})[0], {0}));
}

BOOST_AUTO_TEST_CASE(a_naive_sigmoid_has_no_gradient_far_out) {
  const auto naive = [](auto v) { return 1.0 / (1.0 + exp(-v)); };
  const Tensor v = Tensor{-90.0}.requires_grad_();
  BOOST_TEST(std::isnan(grad(sum(elementwise("naive_sigmoid", naive, v)), v).item()));
  const auto good = elementwise(
      "good_sigmoid", [](auto u) { return sigmoid(u); }, v);
  BOOST_TEST(grad(sum(good), v).item() == static_cast<float>(std::exp(-90.0)));
}

BOOST_AUTO_TEST_SUITE_END()
