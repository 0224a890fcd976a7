// Shapes and orders of axes: values, sharing of storage, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 x23 = {{1, 2, 3}, {4, 5, 6}};
const Tensor64 x234 = reshape(arange<double>(24), {2, 3, 4});

template <Real T>
bool shares(const BasicTensor<T>& a, const BasicTensor<T>& b) {
  return a.storage() == b.storage();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layout)

BOOST_AUTO_TEST_CASE(reshape_keeps_the_order_and_the_storage) {
  BOOST_TEST(equal(reshape(x23, {3, 2}), {{1, 2}, {3, 4}, {5, 6}}));
  BOOST_TEST(equal(reshape(x23, {-1}), {1, 2, 3, 4, 5, 6}));
  BOOST_TEST(equal(reshape(x23, {-1, 1, 3}), {{{1, 2, 3}}, {{4, 5, 6}}}));
  BOOST_TEST(equal(reshape(Tensor64{7}, {}), 7));
  BOOST_TEST(equal(reshape(Tensor64(7), {1, -1}), full<double>({1, 1}, 7)));
  BOOST_TEST((reshape(Tensor64(), {0, 4}).shape() == Shape{0, 4}));
  BOOST_TEST((reshape(zeros({0, 4}), {2, -1, 4}).shape() == Shape{2, 0, 4}));
  BOOST_TEST(shares(reshape(x23, {6}), x23));
}

BOOST_AUTO_TEST_CASE(reshape_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] { reshape(x23, {4}); }) ==
             "reshape: 6 elements of shape (2, 3) do not fill shape (4,)");
  BOOST_TEST(text_of<ShapeError>([] {
               reshape(x23, {4, -1});
             }) == "reshape: 6 elements of shape (2, 3) do not fill shape (4, -1)");
  BOOST_TEST(text_of<ShapeError>([] {
               reshape(x23, {-1, -1});
             }) == "reshape: shape (2, 3) cannot become (-1, -1); extents are 0 or more, and one may be -1");
  BOOST_TEST(text_of<ShapeError>([] { reshape(Tensor64(1), Shape(33, 1)); }) ==
             "reshape: 33 axes for shape (); 32 are the most");
}

BOOST_AUTO_TEST_CASE(flatten_joins_axes) {
  BOOST_TEST((flatten(x234).shape() == Shape{24}));
  BOOST_TEST((flatten(x234, 1).shape() == Shape{2, 12}));
  BOOST_TEST((flatten(x234, 0, 1).shape() == Shape{6, 4}));
  BOOST_TEST((flatten(x234, 1, 1).shape() == Shape{2, 3, 4}));
  BOOST_TEST((flatten(Tensor(1)).shape() == Shape{1}));
  BOOST_TEST((flatten(zeros({2, 0, 3})).shape() == Shape{0}));
  BOOST_TEST(shares(flatten(x234), x234));
  BOOST_TEST(text_of<ShapeError>([] { flatten(x234, 2, 1); }) ==
             "flatten: axis 2 comes after axis 1 in shape (2, 3, 4)");
  BOOST_TEST(text_of<ShapeError>([] { flatten(x234, 3); }) ==
             "flatten: axis 3 is out of range for shape (2, 3, 4); axes go from -3 to 2");
}

BOOST_AUTO_TEST_CASE(transpose_reverses_or_permutes) {
  BOOST_TEST(equal(transpose(x23), {{1, 4}, {2, 5}, {3, 6}}));
  const auto y = transpose(x234, {2, 0, 1});
  BOOST_TEST((y.shape() == Shape{4, 2, 3}));
  for (index_t i = 0; i < 4; ++i)
    for (index_t j = 0; j < 2; ++j)
      for (index_t k = 0; k < 3; ++k) BOOST_TEST(y.at({i, j, k}) == x234.at({j, k, i}));
  BOOST_TEST(equal(transpose(x234, {-1, 0, -2}), y));
  BOOST_TEST((transpose(x234).shape() == Shape{4, 3, 2}));
  BOOST_TEST(equal(transpose(Tensor64(3)), 3));
  BOOST_TEST((transpose(zeros({0, 3})).shape() == Shape{3, 0}));
}

BOOST_AUTO_TEST_CASE(a_permutation_that_keeps_the_order_copies_nothing) {
  BOOST_TEST(shares(transpose(x23, {0, 1}), x23));
  const auto column = reshape(x23, {6, 1});
  BOOST_TEST(shares(transpose(column), x23));
  BOOST_TEST((transpose(column).shape() == Shape{1, 6}));
  BOOST_TEST(!shares(transpose(x23), x23));
}

BOOST_AUTO_TEST_CASE(transpose_names_what_is_wrong) {
  BOOST_TEST(text_of<ShapeError>([] {
               transpose(x234, {0, 1});
             }) == "transpose: axes (0, 1) are no permutation of the 3 axes of shape (2, 3, 4)");
  BOOST_TEST(text_of<ShapeError>([] {
               transpose(x23, {1, -1});
             }) == "transpose: axes (1, -1) are no permutation of the 2 axes of shape (2, 3)");
  BOOST_TEST(text_of<ShapeError>([] {
               transpose(x23, {0, 2});
             }) == "transpose: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(swapaxes_and_moveaxis) {
  BOOST_TEST(equal(swapaxes(x23, -1, -2), transpose(x23)));
  BOOST_TEST(equal(swapaxes(x234, 0, 2), transpose(x234, {2, 1, 0})));
  BOOST_TEST(shares(swapaxes(x234, 1, 1), x234));
  BOOST_TEST(equal(moveaxis(x234, 0, -1), transpose(x234, {1, 2, 0})));
  BOOST_TEST(equal(moveaxis(x234, 2, 0), transpose(x234, {2, 0, 1})));
  BOOST_TEST(equal(moveaxis(x234, 1, 1), x234));
  BOOST_TEST(equal(moveaxis(x234, {0, 1}, {-1, -2}), transpose(x234)));
  BOOST_TEST(equal(moveaxis(x234, {2, 0}, {0, 1}), transpose(x234, {2, 0, 1})));
  BOOST_TEST(shares(moveaxis(x234, Axes(), Axes()), x234));
  BOOST_TEST(text_of<ShapeError>([] { swapaxes(x23, 0, 2); }) ==
             "swapaxes: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] { moveaxis(x23, -3, 0); }) ==
             "moveaxis: axis -3 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] {
               moveaxis(x23, {0, 1}, 0);
             }) == "moveaxis: 2 axes of shape (2, 3) to 1 places");
  BOOST_TEST(text_of<ShapeError>([] {
               moveaxis(x23, {0, 1}, {1, -1});
             }) == "moveaxis: axis 1 of shape (2, 3) is named twice");
}

BOOST_AUTO_TEST_CASE(expand_dims_and_squeeze) {
  BOOST_TEST((expand_dims(x23, 0).shape() == Shape{1, 2, 3}));
  BOOST_TEST((expand_dims(x23, 1).shape() == Shape{2, 1, 3}));
  BOOST_TEST((expand_dims(x23, -1).shape() == Shape{2, 3, 1}));
  BOOST_TEST((expand_dims(x23, -3).shape() == Shape{1, 2, 3}));
  BOOST_TEST(equal(expand_dims(Tensor64(4), 0), {4}));
  const auto x = reshape(x23, {1, 2, 1, 3});
  BOOST_TEST((squeeze(x).shape() == Shape{2, 3}));
  BOOST_TEST((squeeze(x, 0).shape() == Shape{2, 1, 3}));
  BOOST_TEST((squeeze(x, {-2, 0}).shape() == Shape{2, 3}));
  BOOST_TEST((squeeze(ones({1, 1})).shape() == Shape{}));
  BOOST_TEST((squeeze(Tensor64(5)).shape() == Shape{}));
  BOOST_TEST(shares(squeeze(x), x23));
  BOOST_TEST(shares(expand_dims(x23, 1), x23));
  BOOST_TEST(text_of<ShapeError>([] { expand_dims(x23, 3); }) ==
             "expand_dims: axis 3 is out of range for shape (2, 3); a new axis goes from -3 to 2");
  BOOST_TEST(text_of<ShapeError>([] { squeeze(x23, 1); }) ==
             "squeeze: axis 1 of shape (2, 3) has extent 3; only axes of extent 1 can go");
  BOOST_TEST(text_of<ShapeError>([] {
               expand_dims(reshape(Tensor(1), Shape(32, 1)), 0);
             }).ends_with("32 are the most"));
}

BOOST_AUTO_TEST_CASE(broadcast_to_repeats) {
  BOOST_TEST(equal(broadcast_to(Tensor64{1, 2}, {3, 2}), {{1, 2}, {1, 2}, {1, 2}}));
  BOOST_TEST(equal(broadcast_to(reshape(Tensor64{1, 2}, {2, 1}), {2, 3}), {{1, 1, 1}, {2, 2, 2}}));
  BOOST_TEST(equal(broadcast_to(Tensor64(4), {2, 2}), {{4, 4}, {4, 4}}));
  BOOST_TEST((broadcast_to(Tensor64{{1, 2}}, {0, 2}).shape() == Shape{0, 2}));
  BOOST_TEST(shares(broadcast_to(x23, {2, 3}), x23));
  BOOST_TEST(text_of<ShapeError>([] {
               broadcast_to(x23, {2, 4});
             }) == "broadcast_to: shape (2, 3) does not broadcast to (2, 4)");
  BOOST_TEST(text_of<ShapeError>([] { broadcast_to(x23, {3}); }) ==
             "broadcast_to: shape (2, 3) does not broadcast to (3,)");
}

BOOST_AUTO_TEST_CASE(nodes_name_op_and_place) {
  const auto x = x23.clone().requires_grad_();
  const auto y = swapaxes(x, 0, 1);
  const int line = __LINE__ - 1;
  BOOST_TEST(y.op_name() == std::string("swapaxes"));
  BOOST_TEST(y.node()->at.line == line);
  BOOST_TEST(squeeze(x).op_name() == std::string("squeeze"));
  BOOST_TEST(!reshape(x23, {6}).requires_grad());
}

BOOST_AUTO_TEST_CASE(gradients_of_shapes) {
  const std::vector<Shape> shapes = {{2, 3, 1}, {1, 1, 1}, {0, 3, 1}, {5, 7, 1}};
  for (const Shape& shape : shapes) {
    const auto x = reshape(arange<double>(static_cast<double>(element_count(shape))), shape);
    const auto check = [&](auto f) { check_grads([&](const auto& v) { return f(v[0]); }, {x}); };
    check([](const auto& v) { return reshape(v, {v.size()}); });
    check([](const auto& v) { return flatten(v, 0, 1); });
    check([](const auto& v) { return squeeze(v, -1); });
    check([](const auto& v) { return expand_dims(v, 1); });
    check([](const auto& v) { return transpose(v); });
    check([](const auto& v) { return transpose(v, {2, 0, 1}); });
    check([](const auto& v) { return swapaxes(v, 0, 1); });
    check([](const auto& v) { return moveaxis(v, 0, -1); });
    check([](const auto& v) { return moveaxis(v, {0, 1}, {2, 0}); });
    check([](const auto& v) { return broadcast_to(v, {2, v.shape(0), v.shape(1), 3}); });
  }
}

BOOST_AUTO_TEST_CASE(gradients_that_meet_add_up) {
  const auto x = x23.clone().requires_grad_();
  backward<double>({transpose(x), x, reshape(x, {6}), transpose(x)},
                   {{{1, 2}, {3, 4}, {5, 6}}, ones<double>({2, 3}), arange<double>(6), ones<double>({3, 2})});
  BOOST_TEST(equal(x.grad(), {{3, 6, 9}, {7, 10, 13}}));
}

BOOST_AUTO_TEST_SUITE_END()
