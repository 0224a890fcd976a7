// Errors name the user's file and line, however the op was called.
#include <boost/test/unit_test.hpp>

#include <xtape/xtape.hpp>

#include "tests/support/errors.hpp"

using namespace xtape;
using test::message_of;
using test::place;

namespace {

const Tensor a = {{1, 2, 3}, {4, 5, 6}};  // (2, 3)
const Tensor b = {{1, 2}, {3, 4}};        // (2, 2)

template <class F>
bool names_line(F f, int line) {
  return message_of<Error>(f).ends_with(place(__FILE__, line));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(places)

BOOST_AUTO_TEST_CASE(operators) {
  BOOST_TEST(names_line([] { a + b; }, __LINE__));
  BOOST_TEST(names_line([] { a - b; }, __LINE__));
  BOOST_TEST(names_line([] { a* b; }, __LINE__));
  BOOST_TEST(names_line([] { a / b; }, __LINE__));
  BOOST_TEST(names_line([x = a]() mutable { x += b; }, __LINE__));
  BOOST_TEST(names_line([] { (void)(a < b); }, __LINE__));
  BOOST_TEST(names_line([] { (void)((a > 0) & (b > 0)); }, __LINE__));
}

BOOST_AUTO_TEST_CASE(plain_ops) {
  BOOST_TEST(names_line([] { matmul(a, a); }, __LINE__));
  BOOST_TEST(names_line([] { softmax(a, 2); }, __LINE__));
  BOOST_TEST(names_line([] { reshape(a, {4}); }, __LINE__));
  BOOST_TEST(names_line([] { sum(a, {0, 0}); }, __LINE__));
  BOOST_TEST(names_line([] { masked_fill(a, Mask{true, false}, 0); }, __LINE__));
  BOOST_TEST(names_line([] { concatenate<float>({a, b}); }, __LINE__));
  BOOST_TEST(names_line([] { cross_entropy(a, {0, 7}); }, __LINE__));
  BOOST_TEST(names_line([] { equal(a, b); }, __LINE__));
}

BOOST_AUTO_TEST_CASE(variadic_ops) {
  BOOST_TEST(names_line([] { elementwise("product", [](auto x, auto y) { return x * y; }, a, b); }, __LINE__));
  BOOST_TEST(names_line([] { einsum("ij,jk", a, b); }, __LINE__));
  BOOST_TEST(names_line([] { view(a, 5, xt::all()); }, __LINE__));
}

BOOST_AUTO_TEST_CASE(composite_ops) {
  BOOST_TEST(names_line([] { var(a, 2); }, __LINE__));
  BOOST_TEST(names_line([] { linear(a, b); }, __LINE__));
}

BOOST_AUTO_TEST_CASE(errors_in_a_walk_name_the_line_that_recorded) {
  Tensor x = a;
  x.requires_grad_();
  Tensor read = a.clone();
  const Tensor y = x * read;
  const int line = __LINE__ - 1;
  {
    const NoGrad scope;
    read.mutable_data()[0] = 9;
  }
  BOOST_TEST(message_of<GraphError>([&] { sum(y).backward(); }).find(place(__FILE__, line)) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
