// The tape at its limits: long chains under a small stack, leaks, many threads.
#include <boost/test/unit_test.hpp>

#include <malloc.h>
#include <pthread.h>

#include <functional>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/memory.hpp>
#include <xtape/core/observer.hpp>
#include <xtape/core/pool_impl.hpp>
#include <xtape/core/record.hpp>
#include <xtape/core/thread_blocks_impl.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/ops.hpp"

using namespace xtape;
using test::message_of;
using test::times;
using test::total;

namespace {

constexpr int chain_length = 1'000'000;

// Runs body on a thread whose stack has one mebibyte.
void with_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  BOOST_REQUIRE(pthread_attr_setstacksize(&attributes, 1 << 20) == 0);
  pthread_t thread;
  const auto run = [](void* f) -> void* {
    (*static_cast<std::function<void()>*>(f))();
    return nullptr;
  };
  BOOST_REQUIRE(pthread_create(&thread, &attributes, run, &body) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tape)

BOOST_AUTO_TEST_CASE(a_million_ops_linked_by_parents) {
  const std::size_t nodes = live_nodes();
  float gradient = 0;
  with_small_stack([&] {
    const Tensor x = Tensor(1).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < chain_length; ++i)
      y = record("pass", Tensor(y.detach()), wrt(y, [](const auto& gy) { return gy; }));
    y.backward();
    gradient = x.grad().item();
    y = x;
    for (int i = 0; i < chain_length; ++i)
      y = record("pass", Tensor(y.detach()), wrt(y, [](const auto& gy) { return gy; }));
    // destroyed without a walk
  });
  BOOST_TEST(gradient == 1);
  BOOST_TEST(live_nodes() == nodes);
}

BOOST_AUTO_TEST_CASE(a_million_ops_linked_only_by_what_they_keep) {
  const std::size_t nodes = live_nodes();
  with_small_stack([&] {
    const Tensor x = Tensor(1).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < chain_length; ++i)
      y = record("keep", Tensor(1), wrt(x, [hidden = saved(y, "hidden")](const auto& gy) { return gy; }));
  });
  BOOST_TEST(live_nodes() == nodes);
}

BOOST_AUTO_TEST_CASE(a_wide_graph_is_released_by_its_walk) {
  const Tensor x = Tensor(1).requires_grad_();
  std::vector<Tensor> outputs;
  for (int i = 0; i < 100; ++i) outputs.push_back(times(x, x));
  const std::size_t nodes = live_nodes();
  backward(outputs);
  BOOST_TEST(x.grad().item() == 200);
  BOOST_TEST(live_nodes() == nodes);
  outputs.clear();
  BOOST_TEST(live_nodes() == nodes - 100);
}

BOOST_AUTO_TEST_CASE(a_graph_ends_on_another_thread) {
  const std::size_t nodes = live_nodes();
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const auto chain = [&] {
    Tensor y = x;
    for (int i = 0; i < 1000; ++i) y = times(y, x);
    return total(y);
  };
  Tensor made_there, made_here = chain();
  std::thread([&, moved = std::exchange(made_here, Tensor())]() mutable {
    made_there = chain();
    moved = Tensor();
  }).join();
  BOOST_TEST(live_nodes() == nodes + 1 + 1001);
  std::thread([&] { made_there.backward(); }).join();
  BOOST_TEST(live_nodes() == nodes + 1 + 1);
  BOOST_TEST(x.grad().at({0}) == 1001);
  made_there = Tensor();
  BOOST_TEST(live_nodes() == nodes + 1);
}

namespace {

/// A gradient function that cannot be copied to where the node keeps it.
struct Uncopyable {
  Saved<Tensor> kept;
  Uncopyable(Saved<Tensor> x) : kept(std::move(x)) {}
  Uncopyable(const Uncopyable& other) : kept(other.kept) { throw std::runtime_error("cannot be copied"); }
  Tensor operator()(const Tensor& gy) const { return times(gy, kept()); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(an_op_that_fails_while_it_is_recorded_leaves_nothing) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const std::size_t nodes = live_nodes(), live = memory_stats().live;
  for (int i = 0; i < 3; ++i) {
    const Uncopyable f(saved(x, "x"));
    BOOST_CHECK_THROW(record("fails", x.clone(), wrt(x, f)), std::runtime_error);
  }
  BOOST_TEST(live_nodes() == nodes);
  BOOST_TEST(memory_stats().live == live);
  BOOST_TEST(x.storage()->unshared());
  BOOST_TEST(times(x, x).node()->saved_bytes == 16U);
}

BOOST_AUTO_TEST_CASE(a_gradient_function_for_another_type_is_refused) {
  const Tensor64 x = Tensor64{1, 2}.requires_grad_();
  const auto narrowed = [&] {
    auto y = uninitialized<float>({2});
    return record("narrow", std::move(y), wrt(x, [](const Tensor64& gy) { return gy; }));
  };
  BOOST_TEST(test::text_of<GraphError>(narrowed) ==
             "narrow: a gradient function for results of float64, but the result is float32; name its type, "
             "wrt<float>(x, f)");
}

namespace {

struct Refusal {};

/// Lets nothing pass, neither results nor gradients.
class RefusesAll : public Observer {
 public:
  void recorded(const OpName&, const AnyTensor&) override { throw Refusal(); }
  void gradient_complete(const Node&, const AnyTensor&) override { throw Refusal(); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_an_observer_throws_reaches_the_caller_and_leaves_nothing) {
  const Tensor x = Tensor{1, 2}.requires_grad_();
  const Tensor y = total(times(x, x));
  const std::size_t nodes = live_nodes(), live = memory_stats().live;
  {
    const RefusesAll observer;
    for (int i = 0; i < 3; ++i) {
      BOOST_CHECK_THROW(times(x, x), Refusal);
      BOOST_CHECK_THROW(y.backward(), Refusal);
    }
  }
  BOOST_TEST(live_nodes() == nodes);
  BOOST_TEST(memory_stats().live == live);
  BOOST_TEST(!x.has_grad());
  y.backward();
  total(times(x, x)).backward();
  BOOST_TEST(x.grad().at({1}) == 8);
}

BOOST_AUTO_TEST_CASE(what_a_dropped_gradient_would_keep_is_not_kept) {
  const Tensor x = Tensor{1, 2}.requires_grad_(), constant = {3, 4};
  const Tensor y = times(x, constant);  // only b's values are read, for x
  BOOST_TEST(x.storage()->unshared());
  BOOST_TEST(!constant.storage()->unshared());
  BOOST_TEST(y.node()->saved_bytes == 8U);
  const NoGrad scope;
  BOOST_TEST(!times(x, x).node());
  const auto nothing = saved(x, "x");
  BOOST_TEST(message_of<GraphError>([&] { nothing(); }) ==
             "saved: x was not kept, because no op was recorded; read it in a gradient function that wrt() "
             "was given outside of NoGrad");
}

BOOST_AUTO_TEST_CASE(memory_is_counted_and_reused) {
  release_pooled_memory();
  const MemoryStats before = memory_stats();
  {
    const Tensor x = zeros({1000, 1000});
    BOOST_TEST(memory_stats().live >= before.live + 4'000'000);
    BOOST_TEST(memory_stats().live <= before.live + 5'100'000);
  }
  BOOST_TEST(memory_stats().live == before.live);
  reset_peak_memory();
  BOOST_TEST(memory_stats().peak == before.live);
  const std::size_t pooled = memory_stats().pooled;
  const Tensor again = zeros({1000, 1000});
  BOOST_TEST(memory_stats().pooled <= pooled);
  release_pooled_memory();
  BOOST_TEST(memory_stats().pooled == 0U);
}

BOOST_AUTO_TEST_CASE(more_memory_than_there_can_be_is_refused) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const MemoryStats before = memory_stats();
  for (const std::size_t bytes : {(std::size_t{1} << 60) + 1, most / 2 + 2, most - 1, most}) {
    std::size_t rounded = bytes;
    BOOST_CHECK_THROW(pool::allocate(rounded), std::bad_alloc);
    BOOST_CHECK_THROW(Storage::allocate(bytes), std::bad_alloc);
  }
  BOOST_CHECK_THROW(uninitialized<float>({index_t{1} << 60}), std::bad_alloc);
  BOOST_TEST(memory_stats().live == before.live);
  BOOST_TEST(memory_stats().peak == before.peak);
}

BOOST_AUTO_TEST_CASE(memory_of_small_tensors_comes_back_from_threads) {
  const auto make = [] {
    std::vector<Tensor> tensors;
    for (int i = 0; i < 1000; ++i) tensors.push_back(zeros({i % 300}));
    return tensors;
  };
  release_pooled_memory();
  const std::size_t live = memory_stats().live;
  std::vector<Tensor> made_there;
  std::thread([&] {
    made_there = make();
    make();
  }).join();
  BOOST_TEST(memory_stats().live > live);
  made_there.clear();
  BOOST_TEST(memory_stats().live == live);
  const std::size_t held = memory_stats().live + memory_stats().pooled;
  make();
  BOOST_TEST(memory_stats().live + memory_stats().pooled == held);  // the system was asked for nothing
  release_pooled_memory();
  BOOST_TEST(memory_stats().pooled == 0U);
}

BOOST_AUTO_TEST_CASE(memory_of_nodes_is_given_back) {
  {
    const Tensor x = Tensor(1).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 1000; ++i) y = times(y, x);
  }
  const std::size_t before = mallinfo2().uordblks;
  if (!keeps_blocks || before == 0) return;  // a sanitizer's memory
  release_pooled_memory();
  BOOST_TEST(mallinfo2().uordblks + 500'000 < before);
}

BOOST_AUTO_TEST_CASE(many_threads_run_one_model_without_recording) {
  const Tensor weight = Tensor{1, 2, 3}.requires_grad_();
  std::vector<float> results(8);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      const NoGrad scope;
      for (int i = 0; i < 1000; ++i) results[t] = total(times(weight, weight)).item();
    });
  for (auto& thread : threads) thread.join();
  for (const float result : results) BOOST_TEST(result == 14);
  BOOST_TEST(grad_enabled());
}

BOOST_AUTO_TEST_CASE(threads_walk_graphs_of_their_own) {
  std::vector<float> results(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      const Tensor x = Tensor{1, 2, 3}.requires_grad_();
      for (int i = 0; i < 500; ++i) total(times(x, x)).backward();
      results[t] = x.grad().at({2});
    });
  for (auto& thread : threads) thread.join();
  for (const float result : results) BOOST_TEST(result == 3000);
}

BOOST_AUTO_TEST_SUITE_END()
