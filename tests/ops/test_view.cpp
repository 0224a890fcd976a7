// Slicing: every kind of slice against NumPy's rules, gradients, errors that name the user's line.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/view.hpp>

#include <xtensor/xview.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::message_of;
using test::text_of;
using xt::all;
using xt::ellipsis;
using xt::newaxis;
using xt::range;
using namespace xt::placeholders;

namespace {

const Tensor64 x34 = reshape(arange<double>(12), {3, 4});
const Tensor64 x234 = reshape(arange<double>(24), {2, 3, 4});
constexpr index_t far = std::numeric_limits<index_t>::max(), back = std::numeric_limits<index_t>::min();

}  // namespace

BOOST_AUTO_TEST_SUITE(views)

BOOST_AUTO_TEST_CASE(integers_take_one_place) {
  BOOST_TEST(equal(view(x34, 1), {4, 5, 6, 7}));
  BOOST_TEST(equal(view(x34, -1), {8, 9, 10, 11}));
  BOOST_TEST(equal(view(x34, 1, 2), 6));
  BOOST_TEST(equal(view(x34, 2U, std::size_t{3}), 11));
  BOOST_TEST(equal(view(x34, all(), -2), {2, 6, 10}));
}

BOOST_AUTO_TEST_CASE(ranges_as_numpy_s) {
  const auto x = arange<double>(6);
  BOOST_TEST(equal(view(x, range(1, 4)), {1, 2, 3}));
  BOOST_TEST(equal(view(x, range(1, 6, 2)), {1, 3, 5}));
  BOOST_TEST(equal(view(x, range(1, 5, 2)), {1, 3}));
  BOOST_TEST(equal(view(x, range(_, 2)), {0, 1}));
  BOOST_TEST(equal(view(x, range(4, _)), {4, 5}));
  BOOST_TEST(equal(view(x, range(_, _)), x));
  BOOST_TEST(equal(view(x, range(-2, _)), {4, 5}));
  BOOST_TEST(equal(view(x, range(_, -4)), {0, 1}));
  BOOST_TEST(equal(view(x, range(_, _, -1)), {5, 4, 3, 2, 1, 0}));
  BOOST_TEST(equal(view(x, range(4, 1, -2)), {4, 2}));
  BOOST_TEST(equal(view(x, range(_, 2, -2)), {5, 3}));
  BOOST_TEST(equal(view(x, range(2, _, -1)), {2, 1, 0}));
  BOOST_TEST(equal(view(x, range(2, -1, -1)), Tensor64()));
  BOOST_TEST(equal(view(x, range(2, -100, -1)), {2, 1, 0}));
  BOOST_TEST(equal(view(x, range(-100, 100)), x));
  BOOST_TEST(equal(view(x, range(100, _, -3)), {5, 2}));
  BOOST_TEST(equal(view(x, range(4, 2)), Tensor64()));
  BOOST_TEST(equal(view(x, range(9, 10)), Tensor64()));
  BOOST_TEST(equal(view(x, range(1, far, far)), {1}));
  BOOST_TEST(equal(view(x, range(4, back, back)), {4}));
}

BOOST_AUTO_TEST_CASE(ranges_against_xtensor) {
  const xt::xarray<double> a = x34.array();
  BOOST_TEST(equal(view(x34, range(0, 3, 2), range(_, _, -1)),
                   Tensor64(xt::view(a, range(0, 3, 2), range(_, _, -1)))));
  BOOST_TEST(equal(view(x34, range(_, 2), newaxis(), 3), Tensor64(xt::view(a, range(_, 2), newaxis(), 3))));
  BOOST_TEST(equal(view(x34, range(-1, _, -1), range(1, -1)),
                   Tensor64(xt::view(a, range(-1, _, -1), range(1, -1)))));
}

BOOST_AUTO_TEST_CASE(new_axes_and_ellipses) {
  BOOST_TEST((view(x34, newaxis()).shape() == Shape{1, 3, 4}));
  BOOST_TEST((view(x34, all(), newaxis(), all(), newaxis()).shape() == Shape{3, 1, 4, 1}));
  BOOST_TEST(equal(view(x234, ellipsis(), 1), view(x234, all(), all(), 1)));
  BOOST_TEST(equal(view(x234, 1, ellipsis(), 0), {12, 16, 20}));
  BOOST_TEST(equal(view(x234, 1, ellipsis()), view(x234, 1)));
  BOOST_TEST(equal(view(x34, 0, ellipsis(), 0), 0));
  BOOST_TEST((view(x34, ellipsis(), newaxis()).shape() == Shape{3, 4, 1}));
  BOOST_TEST(equal(view(Tensor64(5), ellipsis()), 5));
  BOOST_TEST((view(Tensor64(5), newaxis()).shape() == Shape{1}));
}

BOOST_AUTO_TEST_CASE(all_of_x_in_order_shares_storage) {
  BOOST_TEST(view(x34).data() == x34.data());
  BOOST_TEST(view(x34, all(), range(0, 4)).data() == x34.data());
  BOOST_TEST(view(x34, newaxis(), ellipsis()).data() == x34.data());
  BOOST_TEST(view(x34, range(_, _, -1)).data() != x34.data());
}

BOOST_AUTO_TEST_CASE(empty_tensors) {
  BOOST_TEST((view(zeros({0, 3}), all(), 1).shape() == Shape{0}));
  BOOST_TEST((view(zeros({0, 3}), range(_, _, -1)).shape() == Shape{0, 3}));
  BOOST_TEST((view(zeros({3, 0}), 2).shape() == Shape{0}));
  BOOST_TEST((view(Tensor(), range(1, 2)).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(slices_made_at_run_time) {
  Slices slices;
  slices.push_back(xt::range(0, 2));
  slices.push_back({1, 4, 2});
  BOOST_TEST(equal(strided_view(x34, slices), {{1, 3}, {5, 7}}));
  BOOST_TEST(equal(strided_view(x34, {{std::nullopt, std::nullopt, -1}, 0}), {8, 4, 0}));
  BOOST_TEST(equal(strided_view(x34, {}), x34));
}

BOOST_AUTO_TEST_CASE(float_views) {
  const Tensor x = {{1, 2}, {3, 4}};
  const Tensor y = view(x, all(), 0);
  BOOST_TEST(equal(y, {1, 3}));
}

BOOST_AUTO_TEST_CASE(errors_name_what_is_wrong) {
  BOOST_TEST(text_of<IndexError>([] { view(x34, 3); }) ==
             "view: index 3 is out of range for axis 0 of shape (3, 4), which has extent 3");
  BOOST_TEST(text_of<IndexError>([] { view(x34, all(), -5); }) ==
             "view: index -5 is out of range for axis 1 of shape (3, 4), which has extent 4");
  BOOST_TEST(text_of<IndexError>([] { view(x34, 0, 0, 0); }) ==
             "view: 3 slices for the 2 axes of shape (3, 4)");
  BOOST_TEST(text_of<IndexError>([] { view(Tensor(1), all()); }) ==
             "view: 1 slices for the 0 axes of shape ()");
  BOOST_TEST(text_of<IndexError>([] { view(x34, ellipsis(), ellipsis()); }) ==
             "view: 2 ellipses for shape (3, 4); one can stand for any number of axes");
  BOOST_TEST(text_of<ValueError>([] { view(x34, all(), range(0, 4, 0)); }) ==
             "view: a range with step 0 along axis 1 of shape (3, 4)");
}

BOOST_AUTO_TEST_CASE(errors_and_nodes_name_the_user_s_line) {
  const std::string message = message_of<IndexError>([] { view(x34, all(), 7); });
  BOOST_TEST(message.ends_with(test::place(__FILE__, __LINE__ - 1)));
  const std::string other = message_of<IndexError>([] { strided_view(x34, {3}); });
  BOOST_TEST(other.ends_with(test::place(__FILE__, __LINE__ - 1)));
  const auto x = x34.clone().requires_grad_();
  BOOST_TEST(view(x, range(_, 2), 0).node()->at.line == __LINE__);
  BOOST_TEST(view(x, 0).op_name() == std::string("view"));
}

BOOST_AUTO_TEST_CASE(gradients_reach_their_part) {
  const auto x = x34.clone().requires_grad_();
  view(x, 1, range(_, _, 2)).backward(Tensor64{5, 7});
  BOOST_TEST(equal(x.grad(), {{0, 0, 0, 0}, {5, 0, 7, 0}, {0, 0, 0, 0}}));
}

BOOST_AUTO_TEST_CASE(gradients_of_overlapping_views_add_up) {
  const auto x = arange<double>(5).requires_grad_();
  backward<double>({view(x, range(1, 4)), view(x, range(_, _, -2)), view(x, 3), view(x, range(2, 2))},
                   {{1, 2, 3}, {10, 20, 30}, 100, Tensor64()});
  BOOST_TEST(equal(x.grad(), {30, 1, 22, 103, 10}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{3, 4, 2}, Shape{1, 1, 1}, Shape{0, 4, 3}, Shape{5, 91, 101}}) {
    const auto x = randn<double>(shape);
    const auto check = [&](auto f) { check_grads([&](const auto& v) { return f(v[0]); }, {x}); };
    check([](const auto& v) { return view(v, ellipsis(), -1); });
    check([](const auto& v) { return view(v, all(), range(_, _, -3), newaxis()); });
    check([](const auto& v) { return view(v, range(1, _), 0); });
    check([](const auto& v) { return view(v, newaxis()); });
  }
}

BOOST_AUTO_TEST_SUITE_END()
