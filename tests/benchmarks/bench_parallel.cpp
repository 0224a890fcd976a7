// What it costs to hand over a parallel loop, beside a loop of TBB's own: back to back, and after a pause.
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>

#include <fmt/format.h>

#include <xtape/core/parallel.hpp>

#include "tests/benchmarks/program.hpp"
#include "tests/benchmarks/times.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using bench::Json;
using xtape::index_t;

constexpr int threads = 2;

/// Loops of two blocks.
constexpr auto by_xtape = [](const auto& block) {
  xtape::parallel_for(threads, 1, [&](index_t, index_t) { block(); });
};
constexpr auto by_tbb = [](const auto& block) {
  static tbb::task_arena arena(threads);
  arena.execute([&] {
    tbb::parallel_for(
        0, threads, 1, [&](int) { block(); }, tbb::simple_partitioner());
  });
};

/// The caller stays awake, without a loop.
void pause(std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

/// Microseconds that f takes after a pause: the median of many.
double measure(std::chrono::microseconds time, const auto& f) {
  bench::Times times;
  for (int i = 0; i < 2000; ++i) {
    pause(time);
    times.add(bench::seconds_of(f));
  }
  return times.median() * 1e6;
}

/// Blocks that do nothing: the caller may run both.
double empty(std::chrono::microseconds time, const auto& loop) {
  return measure(time, [&] { loop([] {}); });
}

/// Blocks that wait until both have begun, so that each thread has one; ten milliseconds at most.
double shared(std::chrono::microseconds time, const auto& loop) {
  return measure(time, [&] {
    std::atomic<int> begun{0};
    loop([&] {
      ++begun;
      const auto deadline = Clock::now() + std::chrono::milliseconds(10);
      while (begun < threads && Clock::now() < deadline) {
      }
    });
  });
}

Json row(std::chrono::microseconds time) {
  const Json result = {{"pause_us", time.count()},
                       {"empty_us", empty(time, by_xtape)},
                       {"tbb_empty_us", empty(time, by_tbb)},
                       {"shared_us", shared(time, by_xtape)},
                       {"tbb_shared_us", shared(time, by_tbb)}};
  for (const auto& [name, value] : result.items()) fmt::print("{:>14.2f}", value.get<double>());
  fmt::print("\n");
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const auto run = [] {
    xtape::set_num_threads(threads);
    fmt::print("{:>14}{:>14}{:>14}{:>14}{:>14}\n", "pause us", "empty loop", "by TBB", "both at work",
               "by TBB");
    Json rows = Json::array();
    for (const int pause_us : {0, 50, 300, 1000}) rows.push_back(row(std::chrono::microseconds(pause_us)));
    return rows;
  };
  return bench::run_program(
      argc, argv, "Microseconds to hand over a loop of two blocks, by the library and by tbb::parallel_for.",
      [](CLI::App&) {}, run);
}
