// checkpoint: the gradients of a plain call, by running the function again.
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>

#include <xtape/core/backward.hpp>
#include <xtape/core/checkpoint.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/random.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::place;
using test::text_of;
using test::times;
using test::total;

namespace {

// x^3, element by element.
const auto cube = [](const auto& x) { return times(times(x, x), x); };

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_op)

BOOST_AUTO_TEST_CASE(gradients_of_the_inputs) {
  const Tensor a = Tensor{1, 2}.requires_grad_(), b = Tensor{3, 4}.requires_grad_(), c = {5, 6};
  const auto f = [](const Tensor& x, const Tensor& y, const Tensor& z) { return times(times(x, y), z); };
  const Tensor y = checkpoint(f, a, b, c);
  BOOST_TEST(y.op_name() == "checkpoint");
  BOOST_TEST(y.node()->saved_bytes == 3 * 2 * sizeof(float));
  total(y).backward();
  BOOST_TEST(a.grad().at({1}) == 24);
  BOOST_TEST(b.grad().at({1}) == 12);
}

BOOST_AUTO_TEST_CASE(captured_parameters_by_backward_and_by_grad) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), weight = Tensor{3, 4}.requires_grad_();
  const Tensor hidden = times(weight, weight);  // a result that is captured
  const auto f = [&](const Tensor& z) { return times(times(z, weight), hidden); };  // z w^3, w twice
  total(checkpoint(f, x)).backward({.retain_graph = true});
  BOOST_TEST(x.grad().at({1}) == 64);
  BOOST_TEST(weight.grad().at({1}) == 96);  // 3 z w^2
  const auto g = grad(total(checkpoint(f, x)), {weight, hidden, x}, {.retain_graph = true});
  BOOST_TEST(g[0].at({1}) == 96);
  BOOST_TEST(g[1].at({1}) == 8);
  BOOST_TEST(g[2].at({1}) == 64);
  const Tensor constant = {1, 2};
  BOOST_TEST(grad(total(checkpoint(f, constant)), weight).at({1}) == 96);
}

BOOST_AUTO_TEST_CASE(what_leads_to_a_captured_result_is_not_counted_twice) {
  const Tensor64 x = Tensor64(2).requires_grad_();
  const Tensor64 square = times(x, x);
  const Tensor64 y = checkpoint([&](const Tensor64& z) { return times(z, square); }, x);  // x^3
  BOOST_TEST(grad(y, x).item() == 12);
}

BOOST_AUTO_TEST_CASE(tied_weights) {
  const Tensor weight = Tensor{3, 4}.requires_grad_();
  const Tensor same = weight;
  const auto f = [&](const Tensor& z) { return times(times(z, weight), same); };
  const Tensor y = checkpoint(f, checkpoint(f, weight));  // w^5
  total(y).backward();
  BOOST_TEST(weight.grad().at({0}) == 5 * 81);
}

BOOST_AUTO_TEST_CASE(random_numbers_are_drawn_again) {
  Generator own(7);
  const auto noisy = [&](const Tensor64& x) {
    return times(times(x, rand<double>({3}, own)),
                 rand<double>({3}));  // the second is the default generator's
  };
  const Tensor64 x = Tensor64{1, 1, 1}.requires_grad_();
  manual_seed(5);
  const Tensor64 y = checkpoint(noisy, x);
  const auto position = own.position();
  own.manual_seed(100);
  manual_seed(100);
  rand({5}, own);
  rand({6});
  const auto own_later = own.position(), default_later = default_generator().position();
  const Tensor64 g = grad(total(y), x);
  for (index_t i = 0; i < 3; ++i) BOOST_TEST(g.at({i}) == y.at({i}));
  BOOST_TEST(own.position() == own_later);
  BOOST_TEST(default_generator().position() == default_later);
  BOOST_TEST(own.seed() == 100U);
  BOOST_TEST(position == 8U);
}

BOOST_AUTO_TEST_CASE(nesting) {
  Generator own(3);
  const Tensor64 x = Tensor64{1, 2}.requires_grad_(), weight = Tensor64{3, 4}.requires_grad_();
  const auto inner = [&](const Tensor64& z) { return times(times(z, weight), rand<double>({2}, own)); };
  const auto outer = [&](const Tensor64& z) {
    const Tensor64 first = checkpoint(inner, times(z, rand<double>({2}, own)));
    return checkpoint(inner, times(first, first));
  };
  const auto run = [&](bool keep) {
    own.manual_seed(3);
    const Tensor64 y = keep ? total(outer(x)) : total(checkpoint(outer, x));
    return grad(y, {x, weight});
  };
  const auto plain = run(true), again = run(false);
  for (index_t i = 0; i < 2; ++i) {
    BOOST_TEST(again[0].at({i}) == plain[0].at({i}));
    BOOST_TEST(again[1].at({i}) == plain[1].at({i}));
  }
}

BOOST_AUTO_TEST_CASE(every_order) {
  const Tensor64 x = Tensor64(2).requires_grad_(), weight = Tensor64(3).requires_grad_();
  const auto f = [&](const Tensor64& z) { return times(cube(z), weight); };
  const Tensor64 first = grad(checkpoint(f, x), x, {.create_graph = true});
  BOOST_TEST(first.item() == 36);
  const auto second = grad(first, {x, weight}, {.create_graph = true});
  BOOST_TEST(second[0].item() == 36);
  BOOST_TEST(second[1].item() == 12);
  BOOST_TEST(grad(second[0], x).item() == 18);
}

BOOST_AUTO_TEST_CASE(a_retained_graph_is_walked_twice) {
  const Tensor64 x = Tensor64(2).requires_grad_();
  const Tensor64 y = checkpoint(cube, x);
  BOOST_TEST(grad(y, x, {.retain_graph = true}).item() == 12);
  BOOST_TEST(grad(y, x).item() == 12);
  BOOST_TEST(text_of<GraphError>([&] { grad(y, x); }) ==
             "grad: the graph behind checkpoint () was walked before and is released; give the first walk "
             "{.retain_graph = true}");
}

BOOST_AUTO_TEST_CASE(grad_touches_no_leaf) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), weight = Tensor{3, 4}.requires_grad_();
  grad(total(checkpoint([&](const Tensor& z) { return times(z, weight); }, x)), x);
  BOOST_TEST(!x.has_grad());
  BOOST_TEST(!weight.has_grad());
}

BOOST_AUTO_TEST_CASE(only_the_wanted_gradients_are_computed) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), weight = Tensor{3, 4}.requires_grad_();
  int runs = 0;
  const auto counted = [&](const Tensor& z) {
    return record("counted", z.detach(), wrt(z, [&runs](const Tensor& gy) {
                    ++runs;
                    return gy;
                  }));
  };
  const Tensor y = total(checkpoint([&](const Tensor& z) { return times(counted(z), counted(weight)); }, x));
  grad(y, weight, {.retain_graph = true});
  BOOST_TEST(runs == 1);
  grad(y, {x, weight});
  BOOST_TEST(runs == 3);
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_when_it_runs_again) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), weight = Tensor{3, 4}.requires_grad_();
  total(times(x, weight)).backward();
  bool fails = false;
  const auto f = [&](const Tensor& z) {
    if (fails) throw std::runtime_error("out of cheese");
    return times(z, weight);
  };
  const int line = __LINE__ + 1;
  const Tensor y = checkpoint(f, x);
  const Tensor loss = total(times(y, x));
  fails = true;
  BOOST_TEST(message_of<GraphError>([&] { loss.backward({.retain_graph = true}); }) ==
             "backward: the gradient of checkpoint failed: out of cheese" + place(__FILE__, line));
  BOOST_TEST(x.grad().at({0}) == 3);
  BOOST_TEST(weight.grad().at({0}) == 1);
  BOOST_TEST(grad_enabled());
  fails = false;
  loss.backward();
  BOOST_TEST(x.grad().at({0}) == 3 + 2 * 3);
}

BOOST_AUTO_TEST_CASE(without_recording_it_is_a_plain_call) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), constant = {1, 2};
  int runs = 0;
  const auto f = [&](const Tensor& z) {
    ++runs;
    return cube(z);
  };
  {
    const NoGrad scope;
    BOOST_TEST(!checkpoint(f, x).node());
  }
  BOOST_TEST(!checkpoint(f, constant).node());
  BOOST_TEST(runs == 2);
  const Tensor same = checkpoint([](const Tensor& z) { return z; }, x);
  BOOST_TEST((same.node() == x.node()));
}

BOOST_AUTO_TEST_CASE(values_written_meanwhile_are_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Tensor weight = Tensor{3, 4}.requires_grad_(), scale = {2, 2};
  const auto f = [&](const Tensor& z) { return times(times(z, weight), scale); };
  const auto write = [](Tensor& z) {
    const NoGrad scope;
    z.mutable_data()[0] = 5;
  };
  for (Tensor* written : {&weight, &scale}) {
    const Tensor y = total(checkpoint(f, x));
    const int line = __LINE__ - 1;
    write(*written);
    BOOST_TEST(message_of<GraphError>([&] { y.backward(); }) ==
               "checkpoint: its gradient needs the value that b (2,) had, but it was written since; run "
               "backward before writing, or give the op a clone()" +
                   place(__FILE__, line) + ", in the gradient of checkpoint");
  }
  Tensor input = Tensor{1, 2}.requires_grad_();
  const Tensor y = total(checkpoint(f, input));
  write(input);
  BOOST_TEST(text_of<GraphError>([&] {
               y.backward();
             }).starts_with("checkpoint: its gradient needs the value that its input (2,) had"));
}

BOOST_AUTO_TEST_CASE(a_function_that_changes_is_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  float factor = 2;
  index_t drawn = 0;
  const auto f = [&](const Tensor& z) {
    if (drawn) rand({drawn});
    return times(times(z, z), Tensor{factor, factor});
  };
  const Tensor y = total(checkpoint(f, x));
  factor = 3;
  BOOST_TEST(text_of<GraphError>([&] { y.backward({.retain_graph = true}); }) ==
             "checkpoint: its function gives another result (2,) in the backward pass than the (2,) that it "
             "gave before; it must do the same each time, on values that nobody writes meanwhile");
  drawn = 2;
  const Tensor noisy = total(checkpoint(f, x));
  drawn = 3;
  BOOST_TEST(text_of<GraphError>([&] {
               noisy.backward();
             }).starts_with("checkpoint: its function draws other random numbers"));
  BOOST_TEST(text_of<GraphError>([&] { y.backward(); }) ==
             "checkpoint: its function draws other random numbers in the backward pass than it drew before; "
             "it must do the same each time");
}

BOOST_AUTO_TEST_CASE(a_function_that_keeps_what_it_records_is_refused) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), weight = Tensor{3, 4}.requires_grad_();
  std::optional<Tensor> kept;
  const auto f = [&](const Tensor& z) {
    if (!kept) kept = times(weight, weight);
    return times(z, *kept);
  };
  const Tensor y = total(checkpoint(f, x));
  BOOST_TEST(
      text_of<GraphError>([&] { y.backward(); }) ==
      "checkpoint: in the backward pass its function reads times (2,), which its first run did not read "
      "from outside; it must not keep what it records");
  BOOST_TEST(!weight.has_grad());
}

BOOST_AUTO_TEST_CASE(the_inner_values_are_not_kept) {
  const std::size_t nodes = live_nodes();
  const Tensor x = zeros({100'000}).requires_grad_();
  const std::size_t before = memory_stats().live;
  Tensor y = checkpoint([](const Tensor& z) { return cube(cube(cube(z))); }, x);
  BOOST_TEST(memory_stats().live - before < 600'000U);  // y alone
  BOOST_TEST(live_nodes() == nodes + 2);
  total(y).backward();
  y = Tensor();
  BOOST_TEST(live_nodes() == nodes + 1);
}

BOOST_AUTO_TEST_CASE(more_inputs_than_one_gradient_function_usually_has) {
  std::vector<Tensor64> weights;
  for (int i = 0; i < 40; ++i) weights.push_back(Tensor64(1 + i % 2).requires_grad_());
  const Tensor64 x = Tensor64(1).requires_grad_();
  const auto f = [&](Tensor64 z) {
    for (const auto& w : weights) z = times(z, w);
    return z;
  };
  checkpoint(f, x).backward();
  const double product = 1 << 20;
  for (std::size_t i = 0; i < weights.size(); ++i)
    BOOST_TEST(weights[i].grad().item() == product / (i % 2 == 0 ? 1 : 2));
  BOOST_TEST(x.grad().item() == product);
}

BOOST_AUTO_TEST_CASE(the_second_run_has_the_precision_of_the_first) {
  std::vector<Precision> seen;
  const auto f = [&](const Tensor& z) {
    seen.push_back(matmul_precision());
    return cube(z);
  };
  const Tensor x = Tensor{1, 2}.requires_grad_();
  Tensor y;
  {
    const detail::PrecisionScope scope(Precision::bf16);
    y = checkpoint(f, x);
  }
  total(y).backward();
  BOOST_CHECK(seen == std::vector(2, Precision::bf16));
}

BOOST_AUTO_TEST_SUITE_END()
