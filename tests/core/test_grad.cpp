// grad(): gradients as values, of any order, touching nothing else.
#include <boost/test/unit_test.hpp>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/fused.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::text_of;
using test::times;
using test::total;

BOOST_AUTO_TEST_SUITE(grad_function)

BOOST_AUTO_TEST_CASE(writes_no_leaf) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), y = Tensor{3, 4}.requires_grad_();
  const auto g = grad(total(times(x, y)), {x, y});
  BOOST_TEST(g[0].at({1}) == 4);
  BOOST_TEST(g[1].at({1}) == 2);
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(!g[0].requires_grad());
}

BOOST_AUTO_TEST_CASE(every_order) {
  const Tensor64 x = Tensor64(2).requires_grad_();
  Tensor64 y = times(times(x, x), times(x, x));  // x^4
  for (const double expected : {32.0, 48.0, 48.0, 24.0}) {
    y = grad(y, x, {.create_graph = true});
    BOOST_TEST(y.item() == expected);
  }
  BOOST_TEST(!grad(y, x, {.create_graph = true, .allow_unused = true}).requires_grad());
}

BOOST_AUTO_TEST_CASE(inputs_may_be_results_and_outputs) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, x), z = total(times(y, y));
  BOOST_TEST(grad(z, y, {.retain_graph = true}).at({1}) == 8);
  const auto both = grad(z, {x, y}, {.retain_graph = true});
  BOOST_TEST(both[0].at({1}) == 32);
  BOOST_TEST(both[1].at({1}) == 8);
  BOOST_TEST(grad(z, z).item() == 1);
}

BOOST_AUTO_TEST_CASE(runs_only_what_leads_to_the_inputs) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{3, 4}.requires_grad_();
  int runs = 0;
  const auto counted = [&](const Tensor& x) {
    return record("counted", x.detach(), wrt(x, [&runs](const Tensor& gy) {
                    ++runs;
                    return gy;
                  }));
  };
  const Tensor left = counted(counted(a)), right = counted(b);
  const Tensor y = total(times(left, right));
  grad(y, b, {.retain_graph = true});
  BOOST_TEST(runs == 1);
  grad(y, left, {.retain_graph = true});
  BOOST_TEST(runs == 1);
  const auto needs_one = record("pair", Tensor(0), wrt({a, b}, [&](const Tensor&, const auto& needs) {
                                  BOOST_TEST(!needs[0]);
                                  BOOST_TEST(needs[1]);
                                  return std::array{Tensor(), Tensor{1, 1}};
                                }));
  BOOST_TEST(grad(needs_one, b).at({0}) == 1);
}

BOOST_AUTO_TEST_CASE(unused_inputs) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), other = Tensor{{1, 2}}.requires_grad_(), constant = {1};
  BOOST_TEST(text_of<GraphError>([&] { grad(total(x), other); }) ==
             "grad: no output depends on the input (1, 2) made by leaf; give {.allow_unused = true} for "
             "zeros instead");
  const auto zero = grad(total(x), other, {.allow_unused = true});
  BOOST_TEST((zero.shape() == Shape{1, 2}));
  BOOST_TEST(zero.at({0, 1}) == 0);
  BOOST_TEST(text_of<GraphError>([&] { grad(total(x), constant); }) ==
             "grad: the input (1,) carries no gradient; call requires_grad_() on it before the ops");
}

BOOST_AUTO_TEST_CASE(grad_outputs_weigh_the_outputs) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const auto g = grad<float>({x.clone(), times(x, x)}, {x}, {.grad_outputs = {Tensor{1, 1}, Tensor{10, 10}}});
  BOOST_TEST(g[0].at({1}) == 41);
  BOOST_TEST(text_of<ShapeError>([&] { grad(x.clone(), x, {.grad_outputs = {Tensor(1)}}); }) ==
             "grad: the gradient for an output of shape (2,) has shape ()");
}

BOOST_AUTO_TEST_CASE(a_result_that_was_walked_is_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = total(x);
  grad(y, x);
  BOOST_TEST(text_of<GraphError>([&] { grad(y, x); }) ==
             "grad: the graph behind total () was walked before and is released; give the first walk "
             "{.retain_graph = true}");
}

BOOST_AUTO_TEST_CASE(what_lies_behind_the_inputs_stays) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, x);
  BOOST_TEST(grad(total(times(y, y)), y).at({1}) == 8);
  BOOST_TEST(grad(total(y), x).at({1}) == 4);
  // now y's own graph is released, and y still a good input
  BOOST_TEST(grad(total(times(y, y)), y).at({1}) == 8);
  BOOST_TEST(text_of<GraphError>([&] {
               grad(total(times(y, y)), {y, x});
             }).starts_with("grad: the graph behind times (2,) was walked before and is released"));
}

BOOST_AUTO_TEST_CASE(hooks_of_inputs_run_and_retained_gradients_are_not_written) {
  const Tensor64 x = Tensor64{1, 2}.requires_grad_();
  const Tensor64 y = times(x, x);
  y.retain_grad();
  y.register_hook([](const Tensor64& g) { return times(g, g); });
  const auto g = grad(total(times(y, y)), {x, y}, {.create_graph = true});
  BOOST_TEST(g[1].at({1}) == 64);
  BOOST_TEST(g[0].at({1}) == 256);
  // d(2 y)^2/dy = 8 y reaches y, whose hook squares it once more, then 2 x
  BOOST_TEST(grad(total(g[1]), x).at({1}) == 32 * 32 * 4);
  BOOST_TEST(!y.has_grad());
}

BOOST_AUTO_TEST_CASE(fused_gradients_switch_to_their_composed_form) {
  const auto kernel = [](const Tensor64& g) { return times(g, Tensor64(2)); };
  const auto composed = [](const Tensor64& g) { return times(g, Tensor64(3)); };
  BOOST_TEST(fused(kernel, composed, Tensor64(1)).item() == 3);
  const NoGrad scope;
  BOOST_TEST(fused(kernel, composed, Tensor64(1)).item() == 2);
}

BOOST_AUTO_TEST_CASE(composed_vjp_takes_inputs_as_independent) {
  const Tensor64 x = Tensor64(3).requires_grad_();
  const Tensor64 square = times(x, x);
  const auto g = composed_vjp([](const auto& a, const auto& b) { return times(a, b); }, std::array{x, square},
                              Tensor64(1), {true, false});
  BOOST_TEST(g[0].item() == 9);  // not the 27 of x * x^2
  BOOST_TEST(grad(g[0], x).item() == 6);
}

BOOST_AUTO_TEST_SUITE_END()
