// Attention of packed heads, forward and backward, in the shapes of GPTs: (B, H, T, D, causal).
#include <benchmark/benchmark.h>

#include <xtape/core/grad_mode.hpp>
#include <xtape/ops/attention.hpp>

namespace {

using namespace xtape;

struct Problem {
  explicit Problem(const benchmark::State& state)
      : heads(state.range(1)),
        options{.causal = state.range(4) != 0},
        qkv(randn({state.range(0), state.range(2), 3 * heads * state.range(3)}).requires_grad_()),
        gy(randn({state.range(0), state.range(2), heads * state.range(3)})) {}

  Tensor forward() const { return scaled_dot_product_attention(qkv, heads, options); }

  index_t heads;
  AttentionOptions<float> options;
  Tensor qkv, gy;
};

void attention_forward(benchmark::State& state) {
  const Problem problem(state);
  const NoGrad scope;
  for (auto _ : state) benchmark::DoNotOptimize(problem.forward());
}

void attention_forward_backward(benchmark::State& state) {
  const Problem problem(state);
  for (auto _ : state) {
    problem.forward().backward(problem.gy);
    problem.qkv.zero_grad();
  }
}

void shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"B", "H", "T", "D", "causal"})->UseRealTime();
  for (const bool causal : {true, false})
    benchmark->Args({12, 4, 64, 32, causal})->Args({4, 12, 1024, 64, causal})->Args({1, 1, 2048, 64, causal});
}

BENCHMARK(attention_forward)->Apply(shapes);
BENCHMARK(attention_forward_backward)->Apply(shapes);

}  // namespace
