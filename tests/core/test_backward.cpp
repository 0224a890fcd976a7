// Walking the tape: gradients of leaves, what is kept, what is refused.
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <thread>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::place;
using test::text_of;
using test::times;
using test::total;

BOOST_AUTO_TEST_SUITE(backward_walk)

BOOST_AUTO_TEST_CASE(gradients_reach_the_leaves) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{3, 4}.requires_grad_(), c = {5, 6};
  total(times(times(a, b), c)).backward();
  BOOST_TEST(a.grad().at({1}) == 24);
  BOOST_TEST(b.grad().at({1}) == 12);
  BOOST_TEST(!c.has_grad());
}

BOOST_AUTO_TEST_CASE(the_same_tensor_twice) {
  const Tensor x = Tensor{3, 4}.requires_grad_();
  total(times(x, x)).backward();
  BOOST_TEST(x.grad().at({0}) == 6);
}

BOOST_AUTO_TEST_CASE(gradients_add_up_until_dropped) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  for (int i = 0; i < 2; ++i) total(times(x, Tensor{3, 3})).backward();
  BOOST_TEST(x.grad().at({0}) == 6);
  x.zero_grad();
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(text_of<GraphError>([&] { x.grad(); }) ==
             "grad: the tensor (2,) has no gradient; call backward() on a result that depends on it");
}

BOOST_AUTO_TEST_CASE(leaves_do_not_share_gradient_memory) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{1, 2}.requires_grad_();
  const Tensor y = record("pass", Tensor{0, 0}, wrt(a, [](const auto& gy) { return gy; }),
                          wrt(b, [](const auto& gy) { return gy; }));
  const Tensor gy = {1, 2};
  y.backward(gy);
  BOOST_TEST(a.grad().data() != b.grad().data());
  BOOST_TEST(a.grad().data() != gy.data());
}

BOOST_AUTO_TEST_CASE(scalars_start_from_one_others_need_a_gradient) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const auto walk = [&] { x.clone().backward(); };
  const int line = __LINE__ - 1;
  BOOST_TEST(
      message_of<GraphError>(walk) ==
      "backward: the output has shape (2,), not one element; give the gradient for it in that shape, or "
      "reduce it with sum() or mean()" +
          place(__FILE__, line));
  BOOST_TEST(text_of<ShapeError>([&] { x.clone().backward(Tensor{1}); }) ==
             "backward: the gradient for an output of shape (2,) has shape (1,)");
}

BOOST_AUTO_TEST_CASE(constants_cannot_be_walked) {
  const Tensor x = {1, 2};
  const std::string expected =
      "backward: the output () does not depend on any tensor that requires a gradient; call requires_grad_() "
      "on a "
      "leaf before the ops, and record outside of NoGrad";
  BOOST_TEST(text_of<GraphError>([&] { total(x).backward(); }) == expected);
  const Tensor leaf = Tensor{1, 2}.requires_grad_();
  const NoGrad scope;
  BOOST_TEST(text_of<GraphError>([&] { total(leaf).backward(); }) == expected);
  const EnableGrad inner;
  BOOST_TEST(total(leaf).requires_grad());
}

BOOST_AUTO_TEST_CASE(a_second_walk_needs_the_graph_retained) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = total(x);
  const int line = __LINE__ - 1;
  y.backward({.retain_graph = true});
  y.backward();
  BOOST_TEST(x.grad().at({0}) == 2);
  BOOST_TEST(message_of<GraphError>([&] { y.backward(); }) ==
             "backward: the graph behind total () was walked before and is released; give the first walk "
             "{.retain_graph = true}" +
                 place(__FILE__, line));
}

BOOST_AUTO_TEST_CASE(freezing_works_through_any_handle) {
  Tensor x = Tensor{1, 2}.requires_grad_();
  Tensor same = x;
  same.requires_grad_(false);
  BOOST_TEST(!x.requires_grad());
  BOOST_TEST(!total(x).requires_grad());
  x.requires_grad_();
  BOOST_TEST(total(same).requires_grad());
  Tensor y = total(x);
  BOOST_TEST(text_of<GraphError>([&] { y.requires_grad_(false); }) ==
             "requires_grad_: total () was made by an op and cannot be frozen; use detach()");
}

BOOST_AUTO_TEST_CASE(a_leaf_frozen_after_recording_gets_nothing) {
  Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = Tensor{1, 2}.requires_grad_();
  const Tensor z = total(times(x, y));
  x.requires_grad_(false);
  z.backward();
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(y.has_grad());
}

BOOST_AUTO_TEST_CASE(no_gradient_changes_when_something_throws) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{3, 4}.requires_grad_();
  total(times(a, b)).backward();
  const int line = __LINE__ + 1;
  const Tensor thrower = record("thrower", Tensor{1, 2},
                                wrt(a, [](const Tensor&) -> Tensor { throw std::runtime_error("no"); }));
  BOOST_TEST(message_of<GraphError>([&] { total(times(thrower, b)).backward(); }) ==
             "backward: the gradient of thrower failed: no" + place(__FILE__, line));
  BOOST_TEST(a.grad().at({0}) == 3);
  BOOST_TEST(b.grad().at({0}) == 1);
}

BOOST_AUTO_TEST_CASE(gradients_must_have_their_inputs_shape) {
  const Tensor x = Tensor{{1, 2}, {3, 4}}.requires_grad_();
  const Tensor y = record("wrong", Tensor{1, 2}, wrt(x, [](const Tensor& gy) { return gy; }));
  BOOST_TEST(
      text_of<ShapeError>([&] { total(y).backward(); }) ==
      "wrong: the gradient for an input of shape (2, 2) (float32) made by leaf has shape (2,) (float32)");
}

BOOST_AUTO_TEST_CASE(errors_in_gradients_name_the_op_and_its_place) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y =
      record("outer", Tensor{1, 2}, wrt(x, [](const Tensor& gy) { return times(gy, Tensor{1}); }));
  const int line = __LINE__ - 1;
  BOOST_TEST(message_of<ShapeError>([&] { total(y).backward(); }) ==
             "times: a and b differ in shape: (2,) and (1,)" + place(__FILE__, line) +
                 ", in the gradient of outer");
}

BOOST_AUTO_TEST_CASE(values_written_meanwhile_are_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Tensor read = {3, 4};
  const Tensor y = total(times(x, read));
  const int line = __LINE__ - 1;
  {
    const NoGrad scope;
    read.mutable_data()[0] = 5;
  }
  BOOST_TEST(
      message_of<GraphError>([&] { y.backward(); }) ==
      "times: its gradient needs the value that b (2,) had, but it was written since; run backward before "
      "writing, or give the op a clone()" +
          place(__FILE__, line) + ", in the gradient of times");
  Tensor leaf = Tensor{1, 2}.requires_grad_();
  const Tensor z = total(leaf);  // its gradient reads no values
  {
    const NoGrad scope;
    leaf.mutable_data()[0] = 5;
  }
  z.backward();
  BOOST_TEST(leaf.grad().at({0}) == 1);
}

BOOST_AUTO_TEST_CASE(the_output_is_handed_in_without_a_cycle) {
  const std::size_t nodes = live_nodes();
  {
    const Tensor x = Tensor{1, 2}.requires_grad_();
    const auto self = [](const auto& gy, const auto& y) { return times(gy, y); };
    const Tensor y = record("self", Tensor{5, 6}, wrt(x, self));
    total(y).backward();
    BOOST_TEST(x.grad().at({1}) == 6);
    const Tensor never_walked = record("self", Tensor{5, 6}, wrt(x, self));
    BOOST_TEST(live_nodes() == nodes + 3);  // x, y (released, still held), never_walked
  }
  BOOST_TEST(live_nodes() == nodes);
}

BOOST_AUTO_TEST_CASE(hooks_see_and_replace_complete_gradients) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor middle = times(x, Tensor{2, 2});
  int calls = 0;
  middle.register_hook([&](const Tensor& g) {
    ++calls;
    BOOST_TEST(g.at({0}) == 2);  // both uses below, added up
  });
  auto handle = x.register_hook([](const Tensor& g) { return times(g, Tensor{10, 10}); });
  total(record("twice", Tensor{0, 0}, wrt(middle, [](const auto& gy) { return gy; }),
               wrt(middle, [](const auto& gy) { return gy; })))
      .backward();
  BOOST_TEST(calls == 1);
  BOOST_TEST(x.grad().at({0}) == 40);
  handle.remove();
  handle.remove();
  x.zero_grad();
  total(x).backward();
  BOOST_TEST(x.grad().at({0}) == 1);
  const Tensor constant = {1};
  BOOST_TEST(text_of<GraphError>([&] { constant.register_hook([](const Tensor&) {}); }) ==
             "register_hook: the tensor (1,) is a constant; call requires_grad_() on it first");
  x.register_hook([](const Tensor&) { return Tensor{1}; });
  BOOST_TEST(text_of<ShapeError>([&] { total(x).backward(); }) ==
             "hook on leaf: it returned shape (1,) for a gradient of shape (2,)");
}

BOOST_AUTO_TEST_CASE(retain_grad_keeps_an_intermediate) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, Tensor{3, 3}), z = times(y, Tensor{2, 2});
  y.retain_grad();
  total(z).backward();
  BOOST_TEST(y.grad().at({0}) == 2);
  BOOST_TEST(!z.has_grad());
  BOOST_TEST(text_of<GraphError>([&] { z.grad(); }) ==
             "grad: the tensor (2,) has no gradient; it is the result of an op: call retain_grad() before "
             "backward()");
}

BOOST_AUTO_TEST_CASE(retained_gradients_come_after_hooks_and_add_up) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, Tensor{3, 3}), z = total(y);
  y.retain_grad();
  y.register_hook([](const Tensor& g) { return times(g, Tensor{5, 5}); });
  z.backward({.retain_graph = true});
  BOOST_TEST(y.grad().at({0}) == 5);
  z.backward();
  BOOST_TEST(y.grad().at({0}) == 10);
  BOOST_TEST(x.grad().at({0}) == 30);
}

BOOST_AUTO_TEST_CASE(hooks_run_in_order_and_may_take_themselves_off) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  std::vector<int> order;
  HookHandle first = x.register_hook([&](const Tensor&) {
    order.push_back(1);
    first.remove();
  });
  x.register_hook([&](const Tensor& g) {
    order.push_back(2);
    return times(g, Tensor{2, 2});
  });
  x.register_hook([&](const Tensor& g) { BOOST_TEST(g.at({0}) == 2); });
  for (int i = 0; i < 2; ++i) total(x).backward();
  BOOST_TEST(order == (std::vector{1, 2, 2}));
}

BOOST_AUTO_TEST_CASE(a_hook_that_throws_changes_no_gradient) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), y = Tensor{3, 4}.requires_grad_();
  x.register_hook([](const Tensor&) { throw std::runtime_error("no"); });
  BOOST_TEST(text_of<GraphError>([&] { total(times(x, y)).backward(); }) ==
             "backward: the gradient of leaf failed: no");
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(!y.has_grad());
}

BOOST_AUTO_TEST_CASE(retained_alone_is_reason_enough_to_walk) {
  Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, Tensor{3, 3});
  y.retain_grad();
  const Tensor z = total(y);
  x.requires_grad_(false);
  z.backward();
  BOOST_TEST(y.grad().at({0}) == 1);
}

BOOST_AUTO_TEST_CASE(set_grad) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  x.set_grad({3, 4});
  BOOST_TEST(x.grad().at({1}) == 4);
  BOOST_TEST(text_of<ShapeError>([&] { x.set_grad({1}); }) ==
             "set_grad: the gradient and the tensor differ in shape: (1,) and (2,)");
}

BOOST_AUTO_TEST_CASE(into_adds_where_a_gradient_is_there_already) {
  for (const bool create_graph : {false, true}) {
    const Tensor x = Tensor{1, 2}.requires_grad_();
    int by_into = 0;
    const auto part = [&](index_t i) {
      return record("part", Tensor(x.at({i})),
                    wrt(
                        x,
                        [i](const Tensor& gy) {
                          auto gx = uninitialized<float>({2});
                          gx.data()[i] = gy.item();
                          gx.data()[1 - i] = 0;
                          return Tensor(std::move(gx));
                        },
                        [i, &by_into](const Tensor& gy, Buffer<float>& gx) {
                          gx.data()[i] += gy.item();
                          ++by_into;
                        }));
    };
    const Tensor y = times(part(0), part(1));
    BOOST_TEST(grad(y, x, {.create_graph = create_graph}).at({0}) == 2);
    BOOST_TEST(by_into == (create_graph ? 0 : 1));
  }
}

BOOST_AUTO_TEST_CASE(several_outputs_at_once) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor shared = times(x, Tensor{2, 2});
  backward<float>({total(shared), total(times(shared, shared))});
  BOOST_TEST(x.grad().at({1}) == 2 + 2 * 4 * 2);
  BOOST_TEST(text_of<GraphError>([&] {
               backward<float>({total(x)}, {Tensor(1), Tensor(2)});
             }) == "backward: 1 outputs but 2 gradients for them; give one each, or none for scalars");
}

BOOST_AUTO_TEST_CASE(walks_of_two_threads_through_one_leaf_are_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, Tensor{1, 1});
  std::string message;
  y.register_hook([&](const Tensor&) {
    std::thread([&] { message = text_of<GraphError>([&] { total(x).backward(); }); }).join();
  });
  total(y).backward();
  BOOST_TEST(
      message ==
      "backward: another thread is walking through leaf (2,) right now; walk graphs that share leaves one "
      "after the other");
  BOOST_TEST(x.grad().at({0}) == 1);
}

BOOST_AUTO_TEST_CASE(a_walk_inside_a_walk_may_share_leaves) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = times(x, Tensor{3, 3});
  y.register_hook([&](const Tensor&) {
    const EnableGrad scope;
    BOOST_TEST(grad(total(times(x, x)), x).at({1}) == 4);
  });
  total(y).backward();
  BOOST_TEST(x.grad().at({1}) == 3);
}

BOOST_AUTO_TEST_CASE(gradient_functions_run_in_the_precision_of_the_record) {
  std::vector<Precision> seen;
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const auto watched = [&](const Tensor& z) {
    return record({"watched", Here::now()}, z.clone().detach(), wrt(z, [&](const Tensor& gy) {
                    seen.push_back(matmul_precision());
                    return gy;
                  }));
  };
  Tensor y = watched(x);
  {
    const detail::PrecisionScope scope(Precision::bf16);
    y = watched(y);
  }
  total(watched(y)).backward();
  BOOST_CHECK(seen == std::vector({Precision::full, Precision::bf16, Precision::full}));
  BOOST_CHECK(matmul_precision() == Precision::full);
}

BOOST_AUTO_TEST_SUITE_END()
