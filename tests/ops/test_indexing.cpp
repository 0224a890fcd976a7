// take, take_along_axis, their adjoints, scatter_add and one_hot.
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <vector>

#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/indexing.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::text_of;

namespace {

using Inputs = std::vector<Tensor64>;

Tensor64 random(const Shape& shape) {
  Generator generator(3);
  return randn<double>(shape, generator);
}

std::vector<double> values(const Tensor64& x) { return {x.data(), x.data() + x.size()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(indexing)

BOOST_AUTO_TEST_CASE(take_replaces_an_axis_by_those_of_the_indices) {
  const Tensor64 x = {{1, 2, 3}, {4, 5, 6}};
  const Tensor64 y = take(x, {{2, 0}, {2, 1}}, 1);
  BOOST_TEST((y.shape() == Shape{2, 2, 2}));
  BOOST_TEST((values(y) == std::vector<double>{3, 1, 3, 2, 6, 4, 6, 5}));
  BOOST_TEST((values(take(x, Indices{1}, -2)) == std::vector<double>{4, 5, 6}));
  BOOST_TEST((take(x, Indices(), 0).shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(take_along_axis_goes_element_by_element) {
  const Tensor64 x = {{1, 2, 3}, {4, 5, 6}};
  BOOST_TEST((values(take_along_axis(x, {{2, 2}, {0, 1}}, 1)) == std::vector<double>{3, 3, 4, 5}));
  BOOST_TEST((values(take_along_axis(x, Indices{{1, 0, 1}}, 0)) == std::vector<double>{4, 2, 6}));
}

BOOST_AUTO_TEST_CASE(scatter_add_adds_to_a_copy) {
  const Tensor64 x = {{1, 2, 3}, {4, 5, 6}};
  BOOST_TEST((values(scatter_add(x, {{2, 2}, {0, 1}}, {{10, 20}, {30, 40}}, 1)) ==
              std::vector<double>{1, 2, 33, 34, 45, 6}));
  BOOST_TEST((values(scatter_add(x, Indices{{1, 0, 1}}, Tensor64{{10, 20, 30}}, 0)) ==
              std::vector<double>{1, 22, 3, 14, 5, 36}));
  BOOST_TEST((values(scatter_add(Tensor64{1, 2}, Indices(), Tensor64(), 0)) == std::vector<double>{1, 2}));
  BOOST_TEST(x.at({0, 2}) == 3);
}

BOOST_AUTO_TEST_CASE(one_hot_rows) {
  const auto y = one_hot<double>({{0, 2}, {1, 1}}, 3);
  BOOST_TEST((y.shape() == Shape{2, 2, 3}));
  BOOST_TEST((values(y) == std::vector<double>{1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0}));
  const Tensor of_float = one_hot(Indices{1}.reshape({}), 2);
  BOOST_TEST(of_float.at({1}) == 1);
  BOOST_TEST((one_hot(Indices(), 4).shape() == Shape{0, 4}));
  BOOST_TEST(text_of<IndexError>([] {
               one_hot({0, 3}, 3);
             }) == "one_hot: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2");
}

BOOST_AUTO_TEST_CASE(gradients) {
  const Indices repeated = {2, 0, 2, 1};
  for (const index_t axis : {0, 1, 2})
    check_grads([&](const Inputs& x) { return take(x[0], repeated, axis); }, {random({3, 4, 3})});
  check_grads([&](const Inputs& x) { return take_adjoint(x[0], repeated, 1, {2, 3}); }, {random({2, 4})});
  const Indices along = {{0, 2}, {1, 1}, {0, 0}};
  check_grads([&](const Inputs& x) { return take_along_axis(x[0], along, 1); }, {random({3, 4})});
  check_grads(
      [&](const Inputs& x) {
        return take_along_axis_adjoint(x[0], along, 1, {3, 3});
      },
      {random({3, 2})});
  check_grads([&](const Inputs& x) { return scatter_add(x[0], along, x[1], 1); },
              {random({3, 4}), random({3, 2})});
  check_grads(
      [](const Inputs& x) {
        return scatter_add(x[0], Indices{0}.reshape({1, 1}), x[1], 0);
      },
      {random({1, 1}), random({1, 1})});
  Generator generator(5);
  const Indices many = randint(0, 7, {131, 257}, generator);
  check_grads([&](const Inputs& x) { return scatter_add(x[0], many, x[1], 0); },
              {random({7, 257}), random({131, 257})});
}

BOOST_AUTO_TEST_CASE(gradients_of_one_input_used_twice_add_up) {
  const Tensor x = Tensor{1, 2, 3}.requires_grad_();
  const Tensor both = take_along_axis(take(x, {0, 1, 1}, 0), {2, 2, 0}, 0), once = take(x, Indices{1}, 0);
  both.backward(Tensor{1, 10, 100});
  once.backward(Tensor{1000});
  BOOST_TEST(x.grad().at({0}) == 100);
  BOOST_TEST(x.grad().at({1}) == 1011);
}

BOOST_AUTO_TEST_CASE(wrong_indices_are_named) {
  const Tensor x = {{1, 2, 3}, {4, 5, 6}};
  BOOST_TEST(text_of<IndexError>([&] {
               take(x, {0, 3}, 1);
             }) == "take: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2");
  BOOST_TEST(text_of<IndexError>([&] {
               take_along_axis(x, {{-1, 0}, {0, 0}}, 1);
             }) ==
             "take_along_axis: index -1 at position 0 is out of range; there are 3 to choose from, 0 to 2");
  BOOST_TEST(text_of<ShapeError>([&] {
               take_along_axis(x, {0, 1}, 1);
             }) == "take_along_axis: indices (2,) must have the shape (2, 3) of x but for axis 1");
  BOOST_TEST(text_of<ShapeError>([&] {
               take_along_axis_adjoint(x, {{0, 0}, {1, 1}}, 1, {2, 5});
             }) == "take_along_axis_adjoint: x and indices differ in shape: (2, 3) and (2, 2)");
  BOOST_TEST(text_of<ShapeError>([&] {
               take_adjoint(x, {0, 1}, 0, {4, 4});
             }) == "take_adjoint: x and what take() gives differ in shape: (2, 3) and (2, 4)");
  BOOST_TEST(text_of<ShapeError>([&] {
               scatter_add(x, {{0, 1}, {1, 1}}, Tensor{1, 2}, 1);
             }) == "scatter_add: src and indices differ in shape: (2,) and (2, 2)");
  BOOST_TEST(text_of<IndexError>([&] {
               scatter_add(x, {{0, 3}, {1, 1}}, zeros({2, 2}), 1);
             }) == "scatter_add: index 3 at position 1 is out of range; there are 3 to choose from, 0 to 2");
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  Generator generator(4);
  const Tensor x = randn({7, 1031, 301}, generator);
  const Indices rows = randint(0, 1031, {2000}, generator);
  Tensor expected;
  for (const int threads : {1, 2, 4}) {
    set_num_threads(threads);
    const Tensor y = take_adjoint(take(x, rows, 1), rows, 1, x.shape());
    if (threads == 1) expected = y;
    BOOST_TEST(std::memcmp(y.data(), expected.data(), sizeof(float) * static_cast<std::size_t>(y.size())) ==
               0);
  }
  set_num_threads(2);
}

BOOST_AUTO_TEST_SUITE_END()
