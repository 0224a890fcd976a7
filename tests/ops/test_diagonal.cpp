// diagonal and trace: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/diagonal.hpp>
#include <xtape/ops/layout.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

const Tensor64 x34 = reshape(arange<double>(12), {3, 4});
const Tensor64 x234 = reshape(arange<double>(24), {2, 3, 4});

}  // namespace

BOOST_AUTO_TEST_SUITE(diagonals)

BOOST_AUTO_TEST_CASE(diagonals_above_and_below) {
  BOOST_TEST(equal(diagonal(x34), {0, 5, 10}));
  BOOST_TEST(equal(diagonal(x34, 1), {1, 6, 11}));
  BOOST_TEST(equal(diagonal(x34, 2), {2, 7}));
  BOOST_TEST(equal(diagonal(x34, -1), {4, 9}));
  BOOST_TEST(equal(diagonal(x34, 1, 1, 0), {4, 9}));
  constexpr index_t far = std::numeric_limits<index_t>::min();
  for (const index_t offset : {index_t{4}, index_t{-3}, index_t{100}, far})
    BOOST_TEST((diagonal(x34, offset).shape() == Shape{0}));
  BOOST_TEST((diagonal(zeros({0, 3})).shape() == Shape{0}));
}

BOOST_AUTO_TEST_CASE(the_diagonal_becomes_the_last_axis) {
  BOOST_TEST(equal(diagonal(x234), {{0, 16}, {1, 17}, {2, 18}, {3, 19}}));
  BOOST_TEST(equal(diagonal(x234, 0, -2, -1), {{0, 5, 10}, {12, 17, 22}}));
  BOOST_TEST(equal(diagonal(x234, 1, 2, 0), reshape(Tensor64{12, 16, 20}, {3, 1})));
  BOOST_TEST(equal(diagonal(x234, -1, 2, 0), {{1, 14}, {5, 18}, {9, 22}}));
}

BOOST_AUTO_TEST_CASE(traces) {
  BOOST_TEST(equal(trace(x34), 15));
  BOOST_TEST(equal(trace(x34, -1), 13));
  BOOST_TEST(equal(trace(x234, 0, 1, 2), {15, 51}));
  BOOST_TEST(equal(trace(zeros<double>({0, 0})), 0));
}

BOOST_AUTO_TEST_CASE(errors) {
  BOOST_TEST(text_of<ShapeError>([] { diagonal(x34, 0, 0, -2); }) ==
             "diagonal: axis 0 of shape (3, 4) is named twice");
  BOOST_TEST(text_of<ShapeError>([] { trace(arange(3)); }) ==
             "diagonal: axis 1 is out of range for shape (3,); axes go from -1 to 0");
}

BOOST_AUTO_TEST_CASE(gradients) {
  Generator generator(1);
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 3, 4}, Shape{0, 2, 2}, Shape{131, 17, 15}}) {
    const auto x = randn<double>(shape, generator);
    check_grads([](const auto& v) { return diagonal(v[0], 1, 0, 2); }, {x});
    check_grads([](const auto& v) { return trace(v[0], -1, 1, 0); }, {x});
  }
}

BOOST_AUTO_TEST_SUITE_END()
