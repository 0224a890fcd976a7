// concatenate, stack, split and chunk: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 a = {{1, 2, 3}, {4, 5, 6}};
const Tensor64 b = {{7, 8, 9}};

}  // namespace

BOOST_AUTO_TEST_SUITE(join)

BOOST_AUTO_TEST_CASE(concatenate_along_each_axis) {
  BOOST_TEST(equal(concatenate({a, b}), {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}));
  BOOST_TEST(equal(concatenate({a, a}, 1), {{1, 2, 3, 1, 2, 3}, {4, 5, 6, 4, 5, 6}}));
  BOOST_TEST(equal(concatenate({a, a}, -1), concatenate({a, a}, 1)));
  BOOST_TEST(equal(concatenate({a}), a));
  BOOST_TEST(equal(concatenate(std::vector{b, zeros<double>({0, 3}), a}), {{7, 8, 9}, {1, 2, 3}, {4, 5, 6}}));
  BOOST_TEST((concatenate({zeros({2, 0}), zeros({2, 0})}, 1).shape() == Shape{2, 0}));
  const auto x = reshape(arange<double>(12), {2, 3, 2});
  const auto y = concatenate({x, x}, 1);
  BOOST_TEST((y.shape() == Shape{2, 6, 2}));
  BOOST_TEST(y.at({1, 4, 1}) == x.at({1, 1, 1}));
}

BOOST_AUTO_TEST_CASE(concatenate_names_what_is_wrong) {
  BOOST_TEST(text_of<ValueError>([] { concatenate(std::vector<Tensor>()); }) ==
             "concatenate: no tensors; give at least one");
  BOOST_TEST(text_of<ShapeError>([] {
               concatenate({a, b}, 1);
             }) == "concatenate: shapes (2, 3) and (1, 3) of inputs 0 and 1 differ in another axis than 1");
  BOOST_TEST(text_of<ShapeError>([] {
               concatenate({a, a, arange<double>(3)});
             }) == "concatenate: shapes (2, 3) and (3,) of inputs 0 and 2 differ in another axis than 0");
  BOOST_TEST(text_of<ShapeError>([] {
               concatenate({a, a}, 2);
             }) == "concatenate: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
  BOOST_TEST(text_of<ShapeError>([] {
               concatenate({Tensor(1), Tensor(2)});
             }) == "concatenate: axis 0 of a scalar of shape (), which has no axes");
}

BOOST_AUTO_TEST_CASE(stack_along_each_axis) {
  const Tensor64 u = {1, 2}, v = {3, 4};
  BOOST_TEST(equal(stack({u, v}), {{1, 2}, {3, 4}}));
  BOOST_TEST(equal(stack({u, v}, 1), {{1, 3}, {2, 4}}));
  BOOST_TEST(equal(stack({u, v}, -1), {{1, 3}, {2, 4}}));
  BOOST_TEST(equal(stack({Tensor64(1), Tensor64(2), Tensor64(3)}), {1, 2, 3}));
  BOOST_TEST((stack({a, a, a}, 1).shape() == Shape{2, 3, 3}));
  BOOST_TEST((stack({Tensor(), Tensor()}).shape() == Shape{2, 0}));
}

BOOST_AUTO_TEST_CASE(stack_names_what_is_wrong) {
  BOOST_TEST(text_of<ValueError>([] { stack(std::vector<Tensor>()); }) ==
             "stack: no tensors; give at least one");
  BOOST_TEST(text_of<ShapeError>([] {
               stack({a, a, b});
             }) == "stack: input 0 and input 2 differ in shape: (2, 3) and (1, 3)");
  BOOST_TEST(text_of<ShapeError>([] {
               stack({a, a}, 3);
             }) == "stack: axis 3 is out of range for shape (2, 3); a new axis goes from -3 to 2");
}

BOOST_AUTO_TEST_CASE(split_into_parts_of_one_size) {
  const auto parts = split(a, 3, 1);
  BOOST_REQUIRE(parts.size() == 3);
  BOOST_TEST(equal(parts[0], reshape(Tensor64{1, 4}, {2, 1})));
  BOOST_TEST(equal(parts[2], reshape(Tensor64{3, 6}, {2, 1})));
  BOOST_TEST(equal(split(a, 2)[1], {{4, 5, 6}}));
  BOOST_TEST(split(a, 1)[0].data() == a.data());
  BOOST_TEST((split(zeros({0, 2}), 4)[3].shape() == Shape{0, 2}));
}

BOOST_AUTO_TEST_CASE(split_at_positions) {
  const auto x = arange<double>(6);
  const auto parts = split(x, {2, 5});
  BOOST_REQUIRE(parts.size() == 3);
  BOOST_TEST(equal(parts[0], {0, 1}));
  BOOST_TEST(equal(parts[1], {2, 3, 4}));
  BOOST_TEST(equal(parts[2], {5}));
  BOOST_TEST(split(x, {2}).size() == 2);
  BOOST_TEST(equal(split(x, std::vector<index_t>{-1})[0], {0, 1, 2, 3, 4}));
  const auto odd = split(x, {4, 2, 99});
  BOOST_REQUIRE(odd.size() == 4);
  BOOST_TEST(equal(odd[1], Tensor64()));
  BOOST_TEST(equal(odd[2], {2, 3, 4, 5}));
  BOOST_TEST(equal(odd[3], Tensor64()));
  BOOST_TEST(equal(split(a, {1}, -1)[1], {{2, 3}, {5, 6}}));
}

BOOST_AUTO_TEST_CASE(split_names_what_is_wrong) {
  BOOST_TEST(
      text_of<ShapeError>([] { split(a, 2, 1); }) ==
      "split: axis 1 of shape (2, 3) does not divide into 2 parts of one size; give the positions to cut at "
      "instead");
  BOOST_TEST(text_of<ValueError>([] { split(a, 0); }) == "split: 0 parts; there is at least one");
  BOOST_TEST(text_of<ShapeError>([] { split(a, {1}, 2); }) ==
             "split: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(chunk_into_at_most_so_many_parts) {
  const auto extents = [](index_t extent, index_t chunks) {
    std::vector<index_t> result;
    for (const auto& part : chunk(zeros({2, extent}), chunks, -1)) result.push_back(part.shape(1));
    return result;
  };
  BOOST_TEST((extents(7, 4) == std::vector<index_t>{2, 2, 2, 1}));
  BOOST_TEST((extents(6, 4) == std::vector<index_t>{2, 2, 2}));
  BOOST_TEST((extents(6, 3) == std::vector<index_t>{2, 2, 2}));
  BOOST_TEST((extents(2, 5) == std::vector<index_t>{1, 1}));
  BOOST_TEST((extents(0, 3) == std::vector<index_t>{0, 0, 0}));
  BOOST_TEST(equal(chunk(arange<double>(5), 2)[1], {3, 4}));
  BOOST_TEST(text_of<ValueError>([] { chunk(a, 0); }) == "chunk: 0 chunks; there is at least one");
  BOOST_TEST(text_of<ShapeError>([] { chunk(a, 2, 2); }) ==
             "chunk: axis 2 is out of range for shape (2, 3); axes go from -2 to 1");
}

BOOST_AUTO_TEST_CASE(gradients_of_parts_add_up_in_place) {
  const auto x = arange<double>(6).requires_grad_();
  const auto parts = split(x, 3);
  backward<double>({parts[2], parts[0], x, parts[1]}, {{5, 6}, {1, 2}, full<double>({6}, 10), {3, 4}});
  BOOST_TEST(equal(x.grad(), {11, 12, 13, 14, 15, 16}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  for (const Shape& shape : {Shape{3, 4, 2}, Shape{1, 1, 1}, Shape{0, 4, 3}, Shape{5, 91, 101}}) {
    const auto x = randn<double>(shape), y = randn<double>(shape);
    for (const index_t axis : {0, 1, -1}) {
      check_grads([&](const auto& v) { return concatenate({v[0], v[1], v[0]}, axis); }, {x, y});
      check_grads([&](const auto& v) { return stack({v[1], v[0], v[0]}, axis); }, {x, y});
      check_grads([&](const auto& v) { return split(v[0], {1}, axis)[0]; }, {x});
      check_grads([&](const auto& v) { return chunk(v[0], 2, axis)[0]; }, {x});
      check_grads(
          [&](const auto& v) {
            const auto parts = split(v[0], shape[1], 1);
            return concatenate({parts.back(), parts.front()}, axis);
          },
          {x});
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
