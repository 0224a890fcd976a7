// Fused causal attention over its length: time forward and backward, over its matrix products alone, and
// memory.
#include <xtape/core/memory.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/attention.hpp>

#include "tests/benchmarks/products.hpp"
#include "tests/benchmarks/program.hpp"
#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::Json;
using bench::seconds_of;
using bench::Times;

constexpr index_t H = 8, D = 64;

Json measure(index_t T, double seconds) {
  const index_t B = std::max<index_t>(1, 1024 / T);  // enough heads for the threads
  const Tensor qkv = randn({B, T, 3 * H * D}).requires_grad_(), gy = randn({B, T, H * D});
  Tensor y;
  const auto forward = [&] { y = scaled_dot_product_attention(qkv, H, {.causal = true}); };
  const auto backward = [&] {
    y.backward(gy);
    qkv.zero_grad();
  };
  forward(), backward();
  const bench::Replay forward_products(bench::products_of(forward));
  bench::Replay products(bench::products_of([&] { forward(), backward(); }));
  // A tile takes two products forward and five backward; with few heads, backward computes two of them twice.
  const double needed = forward_products.multiplications() * 7 / 2 / products.multiplications();
  products.run(bench::Engine::chosen);
  y = Tensor();
  reset_peak_memory();
  Times forwards, backwards, floors;
  while (forwards.total() + backwards.total() + floors.total() < seconds || forwards.count() < 5) {
    forwards.add(seconds_of(forward));
    backwards.add(seconds_of(backward));
    y = Tensor();
    floors.add(seconds_of([&] { products.run(bench::Engine::chosen); }));
  }
  const double both = forwards.median() + backwards.median(), ratio = both / floors.median();
  const auto megabytes = static_cast<double>(memory_stats().peak) * 1e-6;
  fmt::print("{:>6} {:>4} {:>11.3f} {:>11.3f} {:>11.3f} {:>8.2f} {:>8.2f} {:>8.1f} {:>8.2f}\n", T, B,
             forwards.median() * 1e3, backwards.median() * 1e3, floors.median() * 1e3, ratio, ratio / needed,
             megabytes, megabytes * 1e6 / static_cast<double>(B * T * H * D * 4));
  return {{"T", T},
          {"B", B},
          {"forward_ms", forwards.median() * 1e3},
          {"backward_ms", backwards.median() * 1e3},
          {"products_ms", floors.median() * 1e3},
          {"over_products", ratio},
          {"over_needed_products", ratio / needed},
          {"peak_bytes", memory_stats().peak}};
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 2;
  int threads = 2;
  return bench::run_program(
      argc, argv, "Fused causal attention of 8 heads of 64, from 64 to 8192 positions.",
      [&](CLI::App& app) {
        app.add_option("--seconds", seconds, "How long to measure each length")->capture_default_str();
        app.add_option("--threads", threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
      },
      [&] {
        set_num_threads(threads);
        fmt::print("{:>6} {:>4} {:>11} {:>11} {:>11} {:>8} {:>8} {:>8} {:>8}\n", "T", "B", "forward ms",
                   "backward ms", "products ms", "ratio", "needed", "MB", "times y");
        Json rows = Json::array();
        for (index_t T = 64; T <= 8192; T *= 2) rows.push_back(measure(T, seconds));
        return rows;
      });
}
