// DetectAnomaly: the first NaN or infinity is named.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <xtape/core/anomaly.hpp>
#include <xtape/core/backward.hpp>
#include <xtape/core/call_site.hpp>
#include <xtape/core/checkpoint.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::place;
using test::text_of;
using test::times;
using test::total;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

// The square root and its gradient gy / (2 sqrt(x)), infinite at 0.
Tensor root(const Tensor& x, Here at = Here::now()) {
  auto y = uninitialized<float>(x.shape());
  for (index_t i = 0; i < x.size(); ++i) y.data()[i] = std::sqrt(x.data()[i]);
  return record({"root", at}, std::move(y), wrt(x, [](const Tensor& gy, const Tensor& root_of_x) {
                  auto gx = uninitialized<float>(gy.shape());
                  for (index_t i = 0; i < gx.size(); ++i)
                    gx.data()[i] = gy.data()[i] / (2 * root_of_x.data()[i]);
                  return Tensor(std::move(gx));
                }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(anomaly)

BOOST_AUTO_TEST_CASE(a_result_that_is_not_a_number) {
  const Tensor x = Tensor{{1, 4}, {9, -1}}.requires_grad_();
  root(x);
  const DetectAnomaly scope;
  const auto call = [&] { root(x); };
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ValueError>(call) ==
             "root: its result (2, 2) has nan at element (1, 1)" + place(__FILE__, line));
  BOOST_TEST(text_of<ValueError>([] { root({-1}); }) == "root: its result (1,) has nan at element (0,)");
  const NoGrad none;
  BOOST_CHECK_THROW(root(x), ValueError);
}

BOOST_AUTO_TEST_CASE(the_module_is_named) {
  const DetectAnomaly scope;
  const CallSite site({"/models/gpt.cpp", 42}, std::make_shared<std::string>("h.3.attn"));
  BOOST_TEST(message_of<ValueError>([] { root(Tensor(-1)); }) ==
             "root: its result () has nan at element (), at gpt.cpp:42, in h.3.attn");
}

BOOST_AUTO_TEST_CASE(infinite_results_are_for_those_who_ask) {
  const Tensor x = {0, -inf};
  {
    const DetectAnomaly scope;
    BOOST_TEST(times(x, Tensor{1, 1}).at({1}) == -inf);
  }
  const DetectAnomaly scope({.infinity = true});
  BOOST_TEST(text_of<ValueError>([&] {
               times(x, Tensor{1, 1});
             }) == "times: its result (2,) has -inf at element (1,)");
}

BOOST_AUTO_TEST_CASE(a_gradient_that_is_infinite) {
  const Tensor x = Tensor{4, 0}.requires_grad_();
  const DetectAnomaly scope;
  const Tensor y = root(x);
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ValueError>([&] {
               total(times(y, Tensor{0, 1})).backward();
             }) == "root: its gradient for an input (2,) made by leaf has inf at element (1,)" +
                       place(__FILE__, line) + ", in the gradient of root");
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(text_of<ValueError>([&] {
               total(times(root(x), Tensor{1, 0})).backward();
             }) == "root: its gradient for an input (2,) made by leaf has nan at element (1,)");
}

BOOST_AUTO_TEST_CASE(a_gradient_handed_in) {
  const Tensor x = Tensor{4, 1}.requires_grad_();
  const DetectAnomaly scope;
  BOOST_TEST(text_of<ValueError>([&] {
               root(x).backward(Tensor{1, inf});
             }) == "root: the gradient that reaches its result (2,) has inf at element (1,)");
}

BOOST_AUTO_TEST_CASE(inputs_of_one_function) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{{3, 4}}.requires_grad_();
  const DetectAnomaly scope;
  const Tensor y = record("pair", Tensor(0), wrt({a, b}, [](const Tensor&, const auto&) {
                            return std::array{Tensor{1, 1}, Tensor{{1, NAN}}};
                          }));
  BOOST_TEST(text_of<ValueError>([&] { y.backward(); }) ==
             "pair: its gradient for an input (1, 2) made by leaf has nan at element (0, 1)");
}

BOOST_AUTO_TEST_CASE(inside_a_checkpoint) {
  const Tensor x = Tensor{0}.requires_grad_();
  const DetectAnomaly scope;
  const Tensor y = checkpoint([](const Tensor& z) { return root(z); }, x);
  BOOST_TEST(text_of<ValueError>([&] { total(y).backward(); }) ==
             "root: its gradient for an input (1,) made by leaf has inf at element (0,)");
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_scope) {
  { const DetectAnomaly scope; }
  BOOST_TEST(std::isnan(root(Tensor(-1)).item()));
}

BOOST_AUTO_TEST_SUITE_END()
