// The losses of a GPT's first steps, bit for bit on 1, 2, 3, 4 and 8 threads.
#include <iostream>

#include <xtape/core/parallel.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/ops/cross_entropy.hpp>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/gemm_observer.hpp>

#include "tests/benchmarks/configs.hpp"
#include "tests/benchmarks/program.hpp"

namespace {

using namespace xtape;
using bench::Json;

/// Counts products, and those that oneDNN computes.
class EngineCount final : kernels::GemmObserver {
 public:
  EngineCount() { kernels::gemm_observer = this; }
  ~EngineCount() { kernels::gemm_observer = nullptr; }

  std::atomic<std::int64_t> products{0}, onednn{0};

 private:
  void called(const kernels::GemmCall& call) override {
    ++products;
    if (call.alpha == 1 && kernels::suits_onednn(call.shape)) ++onednn;
  }
};

struct Run {
  std::vector<float> losses;
  int threads_seen;
};

Run run(int threads, int steps) {
  set_num_threads(threads);
  Generator generator(1337);
  auto config = bench::gpt_settings().at("baby-gpt").model;
  config.dropout = 0.2;
  nn::GPT model(config, generator);
  nn::AdamW optimizer(nn::decay_groups(model.parameters(), 0.1),
                      {.betas = {0.9, 0.99}, .max_grad_norm = 1.0});
  default_generator() = Generator(7);  // dropout's
  Run result;
  threads_seen();
  for (int step = 0; step < steps; ++step) {
    const auto x = randint(0, 65, {8, 256}, generator), y = randint(0, 65, {8, 256}, generator);
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    optimizer.step();
    result.losses.push_back(loss.item());
  }
  result.threads_seen = threads_seen();
  return result;
}

/// A busy machine may leave a thread without work: then once more, three times at most.
Run run_until_all_are_seen(int threads, int steps) {
  Run result = run(threads, steps);
  for (int again = 0; again < 2 && result.threads_seen != threads; ++again) result = run(threads, steps);
  return result;
}

Json compare(int steps) {
  const EngineCount engines;
  std::vector<float> first;
  bool same = true;
  Json seen;
  for (const int threads : {1, 2, 3, 4, 8}) {
    const Run x = run_until_all_are_seen(threads, steps);
    if (first.empty()) first = x.losses;
    same = same && x.losses == first;
    seen[std::to_string(threads)] = x.threads_seen;
    fmt::print("{} threads, {} seen at work: {} steps, last loss {:.9g}, {}\n", threads, x.threads_seen,
               steps, x.losses.back(), x.losses == first ? "same bits" : "OTHER BITS");
    std::cout << std::flush;
  }
  fmt::print("{} products, {} of them by oneDNN\n", engines.products.load(), engines.onednn.load());
  return {{"steps", steps},
          {"same_bits", same},
          {"threads_seen", seen},
          {"products", engines.products.load()},
          {"products_of_onednn", engines.onednn.load()}};
}

}  // namespace

int main(int argc, char** argv) {
  int steps = 50;
  bool same = false;
  const int status = bench::run_program(
      argc, argv, "Compares the losses of baby-gpt with dropout 0.2 between numbers of threads.",
      [&](CLI::App& app) {
        app.add_option("--steps", steps, "Steps")->capture_default_str()->check(CLI::PositiveNumber);
      },
      [&] {
        Json figures = compare(steps);
        same = figures["same_bits"];
        return figures;
      });
  return status == 0 && !same ? 1 : status;
}
