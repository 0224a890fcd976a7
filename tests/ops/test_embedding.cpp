// embedding: rows by index, gradients of rows that repeat, in place where there is a gradient already.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/embedding.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/fused.hpp"
#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using test::agreed_gradients;
using test::equal;
using test::message_of;
using test::random;
using test::random_leaf;
using test::text_of;

namespace {

auto rows_at(const Indices& indices) {
  return [indices](const std::vector<Tensor64>& x) { return embedding(indices, x[0]); };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embedding_op)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor weight = {{1, 2}, {3, 4}, {5, 6}};
  BOOST_TEST(equal(embedding({2, 0, 2}, weight), {{5, 6}, {1, 2}, {5, 6}}));
  BOOST_TEST(equal(embedding({{1, 2}, {0, 0}}, weight), {{{3, 4}, {5, 6}}, {{1, 2}, {1, 2}}}));
  BOOST_TEST(equal(embedding(Indices{1}.reshape({}), weight), {3, 4}));
  BOOST_TEST((embedding(Indices(), weight).shape() == Shape{0, 2}));
  BOOST_TEST((embedding({0, 1}, zeros({2, 0})).shape() == Shape{2, 0}));
}

BOOST_AUTO_TEST_CASE(rows_that_repeat_add_up_their_gradients) {
  const Tensor64 weight = zeros<double>({4, 2}), gy = {{1, 2}, {10, 20}, {100, 200}};
  BOOST_TEST(
      equal(agreed_gradients(rows_at({2, 0, 2}), {weight}, gy)[0], {{10, 20}, {0, 0}, {101, 202}, {0, 0}}));
}

BOOST_AUTO_TEST_CASE(gradients_to_order_two) {
  check_grads(rows_at({2, 0, 2}), {random({3, 2}, 1)});
  check_grads(rows_at({{0, 3, 1}, {1, 1, 0}}), {random({4, 5}, 2)});
  check_grads(rows_at({0}), {random({1, 1}, 3)});
  check_grads(rows_at(Indices()), {random({3, 2}, 4)});
  check_grads(rows_at({0, 1}), {random({2, 0}, 5)});
  Generator generator(6);
  check_grads(rows_at(randint(0, 97, {13, 53}, generator)), {random({97, 131}, 7)});
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_there_is_added_to_in_place) {
  const auto table = random_leaf({2000, 64}, 8);
  const auto loss = [&] {
    return sum(embedding({{5, 3}, {5, 1999}}, table)) + sum(embedding({3, 0}, table));
  };
  const auto expected = grad(loss(), table, {.create_graph = true}).detach();
  const auto y = loss();
  reset_peak_memory();
  const std::size_t before = memory_stats().live;
  BOOST_TEST(equal(grad(y, table), expected));
  BOOST_TEST(memory_stats().peak - before < 2000 * 64 * sizeof(double) * 3 / 2);
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  test::check_threads([] {
    Generator generator(10);
    const auto table = random_leaf<float>({211, 301}, 11);
    const auto y = embedding(randint(0, 211, {1000}, generator), table);
    y.backward(y);
    return test::values<float>({y, table.grad()});
  });
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor weight = zeros({4, 2}), row = zeros({4});
  const auto wrong = [&] { embedding({0, 3, 4}, weight); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<IndexError>(wrong) ==
             "embedding: index 4 at position 2 is out of range; there are 4 to choose from, 0 to 3" +
                 test::place(__FILE__, line));
  BOOST_TEST(text_of<IndexError>([&] {
               embedding({{0, 1}, {-1, 2}}, weight);
             }) == "embedding: index -1 at position 2 is out of range; there are 4 to choose from, 0 to 3");
  BOOST_TEST(text_of<ShapeError>([&] { embedding({0}, row); }) ==
             "embedding: weight needs 2 axes, not shape (4,)");
}

BOOST_AUTO_TEST_SUITE_END()
