// Shapes, axes, shared checks and the place that errors name.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::place;

BOOST_AUTO_TEST_SUITE(checks)

BOOST_AUTO_TEST_CASE(shapes_as_text) {
  BOOST_TEST(to_string(Shape{}) == "()");
  BOOST_TEST(to_string(Shape{2}) == "(2,)");
  BOOST_TEST(to_string(Shape{2, 0, 3}) == "(2, 0, 3)");
}

BOOST_AUTO_TEST_CASE(small_vectors_grow_move_and_compare) {
  Shape shape;
  for (index_t i = 0; i < 20; ++i) shape.push_back(i);
  const Shape copy = shape;
  Shape moved = std::move(shape);
  BOOST_TEST((moved == copy));
  BOOST_TEST(shape.empty());
  moved.insert(2, 99);
  BOOST_TEST(moved[2] == 99);
  BOOST_TEST(moved[3] == 2);
  moved.erase(2);
  BOOST_TEST((moved == copy));
  shape = moved;
  shape = Shape{1};
  BOOST_TEST((shape == Shape{1}));
  shape.resize(3, 7);
  BOOST_TEST((shape == Shape{1, 7, 7}));
}

BOOST_AUTO_TEST_CASE(strides) {
  BOOST_TEST((row_major_strides({2, 3, 4}) == Strides{12, 4, 1}));
  BOOST_TEST((broadcast_strides({3, 1}, {2, 3, 4}) == Strides{0, 1, 0}));
  BOOST_TEST(broadcasts_to({1, 4}, {2, 3, 4}));
  BOOST_TEST(!broadcasts_to({2, 3}, {3}));
  BOOST_TEST(!broadcasts_to({2}, {3}));
}

BOOST_AUTO_TEST_CASE(axes) {
  BOOST_TEST(check_axis("sum", {2, 3}, -1, {}) == 1U);
  BOOST_TEST(message_of<ShapeError>([] {
               check_axis("sum", {2, 3}, 2, {});
             }) == "sum: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(message_of<ShapeError>([] { check_axis("sum", {}, 0, {}); }) ==
             "sum: axis 0 of a scalar of shape (), which has no axes");
  BOOST_TEST((check_axes("sum", {2, 3}, {}, {}) == SmallVector<std::size_t, 6>{0, 1}));
  BOOST_TEST((check_axes("sum", {2, 3, 4}, {-1, 0}, {}) == SmallVector<std::size_t, 6>{0, 2}));
  BOOST_TEST(message_of<ShapeError>([] {
               check_axes("sum", {2, 3}, {1, -1}, {});
             }) == "sum: axis 1 of shape (2, 3) is named twice");
}

BOOST_AUTO_TEST_CASE(reshapes) {
  BOOST_TEST((check_reshape("reshape", {2, 6}, {3, -1}, {}) == Shape{3, 4}));
  BOOST_TEST((check_reshape("reshape", {0, 2}, {4, 0}, {}) == Shape{4, 0}));
  BOOST_TEST(message_of<ShapeError>([] {
               check_reshape("reshape", {2, 3}, {4, -1}, {});
             }) == "reshape: 6 elements of shape (2, 3) do not fill shape (4, -1)");
  BOOST_TEST(message_of<ShapeError>([] {
               check_reshape("reshape", {2, 3}, {5}, {});
             }) == "reshape: 6 elements of shape (2, 3) do not fill shape (5,)");
  BOOST_TEST(message_of<ShapeError>([] {
               check_reshape("reshape", {0}, {0, -1}, {});
             }) == "reshape: 0 elements of shape (0,) do not fill shape (0, -1)");
  BOOST_TEST(message_of<ShapeError>([] {
               check_reshape("reshape", {6}, {-1, -1}, {});
             }) == "reshape: shape (6,) cannot become (-1, -1); extents are 0 or more, and one may be -1");
  constexpr index_t huge = index_t{1} << 62;
  BOOST_TEST((check_reshape("reshape", {0}, {huge, huge, 0}, {}) == Shape{huge, huge, 0}));
  BOOST_TEST((check_reshape("reshape", {0}, {huge, huge, -1}, {}) == Shape{huge, huge, 0}));
  BOOST_TEST(message_of<ShapeError>([] {
               check_reshape("reshape", {4}, {huge + 1, 4}, {});
             }) == "reshape: 4 elements of shape (4,) do not fill shape (4611686018427387905, 4)");
  BOOST_TEST(message_of<ShapeError>([] { check_reshape("reshape", {1}, Shape(33, 1), {}); }) ==
             "reshape: 33 axes for shape (1,); 32 are the most");
}

BOOST_AUTO_TEST_CASE(broadcasts) {
  BOOST_TEST((check_broadcast("add", {2, 1, 4}, {3, 1}, {}) == Shape{2, 3, 4}));
  BOOST_TEST((check_broadcast("add", {}, {0, 2}, {}) == Shape{0, 2}));
  BOOST_TEST((check_broadcast("add", {1}, {0}, {}) == Shape{0}));
  BOOST_TEST(message_of<ShapeError>([] {
               check_broadcast("add", {2, 3}, {4}, {});
             }) == "add: shapes (2, 3) and (4,) do not broadcast: axis 1 from the last has 3 and 4");
  BOOST_TEST(message_of<ShapeError>([] {
               check_broadcasts_to("broadcast_to", {2, 3}, {3}, {});
             }) == "broadcast_to: shape (2, 3) does not broadcast to (3,)");
}

BOOST_AUTO_TEST_CASE(ranks_probabilities_indices) {
  BOOST_TEST(message_of<ShapeError>([] { check_rank("eig", "x", {2}, 2, {}); }) ==
             "eig: x needs 2 axes, not shape (2,)");
  BOOST_TEST(message_of<ShapeError>([] { check_rank_at_least("tril", "x", {2}, 2, {}); }) ==
             "tril: x needs at least 2 axes, not shape (2,)");
  check_probability("dropout", "p", 1, {});
  BOOST_TEST(message_of<ValueError>([] { check_probability("dropout", "p", -0.5, {}); }) ==
             "dropout: p = -0.5 is not a probability; it lies between 0 and 1");
  BOOST_TEST(message_of<ValueError>([] { check_probability("dropout", "p", std::nan(""), {}); }) ==
             "dropout: p = nan is not a probability; it lies between 0 and 1");
  const std::int64_t ids[] = {0, 2, 3, -100}, ignored = -100;
  check_indices("loss", ids, 4, 4, {}, &ignored);
  BOOST_TEST(message_of<IndexError>([&] { check_indices("embedding", ids, 3, 3, {}); }) ==
             "embedding: index 3 at position 2 is out of range; there are 3 to choose from, 0 to 2");
}

BOOST_AUTO_TEST_CASE(the_outermost_place_and_the_innermost_module_are_named) {
  const auto path = [](const char* text) { return std::make_shared<const std::string>(text); };
  const auto fails = [] { raise<ShapeError>("inner: wrong", Here::now()); };
  BOOST_TEST(message_of<ShapeError>(fails) == "inner: wrong" + place(__FILE__, __LINE__ - 1));
  const CallSite outer({"dir/model.cpp", 42}, path("h.3"));
  BOOST_TEST(message_of<ShapeError>(fails) == "inner: wrong, at model.cpp:42, in h.3");
  {
    const CallSite inner({"block.cpp", 7}, path("h.3.attn"));
    BOOST_TEST(message_of<ShapeError>(fails) == "inner: wrong, at model.cpp:42, in h.3.attn");
    const CallSite composite({"ops.cpp", 9});
    BOOST_TEST(message_of<ShapeError>(fails) == "inner: wrong, at model.cpp:42, in h.3.attn");
  }
  BOOST_TEST(message_of<ShapeError>(fails) == "inner: wrong, at model.cpp:42, in h.3");
}

BOOST_AUTO_TEST_CASE(nodes_inherit_place_and_module_and_pass_them_to_their_gradients) {
  Tensor y;
  const Tensor x = Tensor{1, 2}.requires_grad_();
  {
    const CallSite site({"model.cpp", 42}, std::make_shared<const std::string>("mlp"));
    y = record("inner", x.detach(), wrt(x, [](const Tensor& gy) { return test::times(gy, Tensor{1}); }));
  }
  BOOST_TEST(y.node()->at.line == 42);
  BOOST_TEST(
      message_of<ShapeError>([&] {
        y.backward(Tensor{1, 1});
      }) ==
      "times: a and b differ in shape: (2,) and (1,), at model.cpp:42, in mlp, in the gradient of inner");
}

BOOST_AUTO_TEST_SUITE_END()
