// dot, outer and kron: values, gradients, errors and edges.
#include <boost/test/unit_test.hpp>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/products.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/tensors.hpp"

using namespace xtape;
using test::equal;
using test::text_of;

namespace {

Tensor64 normal(const Shape& shape) {
  static Generator generator(1);
  return randn<double>(shape, generator);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(products)

BOOST_AUTO_TEST_CASE(dot_of_vectors) {
  BOOST_TEST(equal(dot(Tensor64{1, 2, 3}, Tensor64{4, 5, 6}), 32));
  BOOST_TEST(equal(dot(Tensor64{2}, Tensor64{3}), 6));
  BOOST_TEST(equal(dot(Tensor64(), Tensor64()), 0));
  const auto text = [](const Tensor& a, const Tensor& b) { return text_of<ShapeError>([&] { dot(a, b); }); };
  BOOST_TEST(text(zeros({2, 3}), zeros({3})) ==
             "dot: (2, 3) and (3,) are not two vectors of one length; matmul multiplies matrices");
  BOOST_TEST(text(zeros({2}), zeros({3})) ==
             "dot: (2,) and (3,) are not two vectors of one length; matmul multiplies matrices");
}

BOOST_AUTO_TEST_CASE(outer_of_all_elements) {
  BOOST_TEST(equal(outer(Tensor64{1, 2}, Tensor64{3, 4, 5}), {{3, 4, 5}, {6, 8, 10}}));
  BOOST_TEST(equal(outer(reshape(Tensor64{1, 2}, {1, 2}), Tensor64(3)), reshape(Tensor64{3, 6}, {2, 1})));
  BOOST_TEST((outer(Tensor64(), Tensor64{1, 2}).shape() == Shape{0, 2}));
}

BOOST_AUTO_TEST_CASE(kron_of_any_axes) {
  const Tensor64 a = {{1, 2}, {3, 4}};
  BOOST_TEST(equal(kron(a, Tensor64{{0, 5}}), {{0, 5, 0, 10}, {0, 15, 0, 20}}));
  BOOST_TEST(equal(kron(Tensor64{1, 10}, a), {{1, 2, 10, 20}, {3, 4, 30, 40}}));
  BOOST_TEST(equal(kron(a, Tensor64{1, 10}), {{1, 10, 2, 20}, {3, 30, 4, 40}}));
  BOOST_TEST(equal(kron(eye<double>(2), a), {{1, 2, 0, 0}, {3, 4, 0, 0}, {0, 0, 1, 2}, {0, 0, 3, 4}}));
  BOOST_TEST(equal(kron(Tensor64(2), Tensor64(3)), 6));
  BOOST_TEST((kron(zeros({2, 0}), zeros({1, 3, 4})).shape() == Shape{1, 6, 0}));
}

BOOST_AUTO_TEST_CASE(gradients) {
  for (const index_t n : {0, 1, 3, 4099}) {
    check_grads([](const auto& v) { return dot(v[0], v[1]); }, {normal({n}), normal({n})});
    check_grads([](const auto& v) { return dot(v[0], v[0]); }, {normal({n})});
  }
  for (const auto& [a, b] : {std::pair{Shape{3}, Shape{2}},
                             {Shape{2, 2}, Shape{}},
                             {Shape{0}, Shape{2}},
                             {Shape{1}, Shape{1}},
                             {Shape{131}, Shape{257}}})
    check_grads([](const auto& v) { return outer(v[0], v[1]); }, {normal(a), normal(b)});
  check_grads([](const auto& v) { return outer(v[0], v[0]); }, {normal({3})});
  for (const auto& [a, b] : {std::pair{Shape{2, 3}, Shape{3, 2}},
                             {Shape{2, 1, 2}, Shape{3}},
                             {Shape{}, Shape{2}},
                             {Shape{0, 2}, Shape{2, 2}},
                             {Shape{1}, Shape{1}},
                             {Shape{13, 17}, Shape{11, 19}}})
    check_grads([](const auto& v) { return kron(v[0], v[1]); }, {normal(a), normal(b)});
  check_grads([](const auto& v) { return kron(v[0], v[0]); }, {normal({2, 2})});
}

BOOST_AUTO_TEST_SUITE_END()
