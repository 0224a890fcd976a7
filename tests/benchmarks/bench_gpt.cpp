// A training step of a GPT (forward, backward, AdamW with clipping) against its own matrix products run
// alone: step time, tokens a second, memory, page faults, and where the time goes by op.
#include <iostream>
#include <optional>

#include <xtape/core/memory.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/profile.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/precision.hpp>

#include "tests/benchmarks/floor.hpp"
#include "tests/benchmarks/program.hpp"
#include "tests/benchmarks/training.hpp"
#include "tests/benchmarks/usage.hpp"

namespace {

using namespace xtape;
using bench::Floor;
using bench::Json;
using bench::seconds_of;
using bench::Times;
using bench::Training;

struct Options {
  std::string config = "nanogpt-cpu", precision = "fp32";
  int threads = 2;
  double seconds = 10;
  bool floor = true;
};

constexpr std::size_t fewest = 5;  // samples

/// At a moment, or between two.
struct Counts {
  long page_faults = 0;
  std::uint64_t layout_bytes = 0;
  std::int64_t memory = 0;  // bytes that the pool has from the system

  static Counts now() {
    const auto [live, peak, pooled] = memory_stats();
    return {bench::page_faults(), kernels::layout_bytes, static_cast<std::int64_t>(live + pooled)};
  }
  Counts operator-(const Counts& x) const {
    return {page_faults - x.page_faults, layout_bytes - x.layout_bytes, memory - x.memory};
  }
};

struct Peaks {
  double tensors, process;  // bytes
};

struct Measured {
  Times steps;
  bench::Parts parts;
  std::size_t alone;  // steps that were watched
  Counts added;
  Peaks peaks;
  std::optional<Floor> floor;
};

/// Steps with nothing else in the process, which are watched for what they add to it.
void run_alone(Training& training, double seconds, Measured& m) {
  for (int i = 0; i < 2; ++i) training.step();
  training.parts = {};
  const Counts before = Counts::now();
  while (m.steps.total() < seconds || m.steps.count() < fewest)
    m.steps.add(seconds_of([&] { training.step(); }));
  m.added = Counts::now() - before;
  m.peaks = {static_cast<double>(memory_stats().peak), static_cast<double>(bench::peak_bytes())};
  m.alone = m.steps.count();
}

/// Steps and their products in turns, in place of the steps alone.
void run_with_floor(Training& training, const Options& o, Measured& m) {
  Floor& floor = m.floor.emplace(bench::products_of([&] { training.step(); }));
  training.step();
  training.parts = {}, m.steps = {};
  while (m.steps.total() + floor.total() < o.seconds || floor.samples() < fewest) {
    m.steps.add(seconds_of([&] { training.step(); }));
    floor.run();
  }
}

Measured measure(Training& training, const Options& o) {
  Measured m{};
  run_alone(training, o.floor ? o.seconds / 4 : o.seconds, m);
  if (o.floor) run_with_floor(training, o, m);
  m.parts = training.parts;
  return m;
}

void print(const Measured& m, const Training& training, const Options& o) {
  fmt::print("{}, {}: {} parameters, {} tokens a step, {} threads, {} samples\n", o.config, o.precision,
             training.parameter_count(), training.tokens(), o.threads, m.steps.count());
  fmt::print("step      {:9.3f} ms (min {:.3f}), {:.0f} tokens/s\n", m.steps.median() * 1e3,
             m.steps.least() * 1e3, static_cast<double>(training.tokens()) / m.steps.median());
  if (m.floor) {
    const Times& floor = m.floor->times();
    fmt::print("products  {:9.3f} ms (min {:.3f}), {:.0f} GFLOP/s, {}\n", floor.median() * 1e3,
               floor.least() * 1e3, m.floor->gigaflops(), m.floor->engine());
    fmt::print("step / products  {:.3f} (of minima {:.3f})\n", m.steps.median() / floor.median(),
               m.steps.least() / floor.least());
  }
  fmt::print("forward {:.3f}, backward {:.3f}, AdamW {:.3f} ms\n", m.parts.forward.median() * 1e3,
             m.parts.backward.median() * 1e3, m.parts.update.median() * 1e3);
  fmt::print("{} steps alone: {} page faults, {} bytes of growth, {} bytes copied by changes of layout\n",
             m.alone, m.added.page_faults, m.added.memory, m.added.layout_bytes);
  fmt::print("peak of the process {:.1f} MB, of blocks for tensors {:.1f} MB\n", m.peaks.process * 1e-6,
             m.peaks.tensors * 1e-6);
}

Json in_milliseconds(const Times& times) {
  return {{"median", times.median() * 1e3}, {"min", times.least() * 1e3}};
}

Json to_json(const Measured& m, const Training& training, const Options& o) {
  const auto alone = static_cast<double>(m.alone);
  Json result = {{"config", o.config},
                 {"threads", o.threads},
                 {"precision", o.precision},
                 {"samples", m.steps.count()},
                 {"step_ms", in_milliseconds(m.steps)},
                 {"tokens_per_second", static_cast<double>(training.tokens()) / m.steps.median()},
                 {"forward_ms", in_milliseconds(m.parts.forward)},
                 {"backward_ms", in_milliseconds(m.parts.backward)},
                 {"adamw_ms", in_milliseconds(m.parts.update)},
                 {"peak_tensor_bytes", m.peaks.tensors},
                 {"peak_process_bytes", m.peaks.process},
                 {"page_faults_a_step", static_cast<double>(m.added.page_faults) / alone},
                 {"layout_bytes_a_step", static_cast<double>(m.added.layout_bytes) / alone},
                 {"growth_bytes", m.added.memory}};
  if (m.floor) {
    result["products_ms"] = in_milliseconds(m.floor->times());
    result["products_gflops"] = m.floor->gigaflops();
    result["products_engine"] = m.floor->engine();
    result["step_over_products"] = m.steps.median() / m.floor->times().median();
  }
  return result;
}

/// Where the time goes, in steps of their own.
Json profile_of(Training& training, double step_seconds) {
  const int steps = std::clamp(static_cast<int>(1 / step_seconds), 2, 100);
  Profile profile;
  for (int i = 0; i < steps; ++i) training.step();
  profile.stop();
  fmt::print("{} steps by op:\n", steps);
  std::cout << profile;
  return {{"profile_steps", steps}, {"profile", Json::parse(profile.to_json())}};
}

Json run(const Options& o) {
  set_num_threads(o.threads);
  if (o.precision == "bf16") {
    if (!kernels::gemm_has(Precision::bf16)) throw bench::NotHere("no products of bf16 here");
    set_matmul_precision(Precision::bf16);
  }
  Training training(bench::gpt_settings().at(o.config));
  const Measured m = measure(training, o);
  print(m, training, o);
  Json result = to_json(m, training, o);
  result.update(profile_of(training, m.steps.median()));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  return bench::run_program(
      argc, argv, "A training step of a GPT against its own matrix products.",
      [&](CLI::App& app) {
        app.add_option("--config", o.config, "Which model")
            ->capture_default_str()
            ->check(CLI::IsMember(bench::gpt_names()));
        app.add_option("--threads", o.threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
        app.add_option("--precision", o.precision, "Of the products")
            ->capture_default_str()
            ->check(CLI::IsMember({"fp32", "bf16"}));
        app.add_option("--seconds", o.seconds, "How long to measure")->capture_default_str();
        app.add_flag("--floor,!--no-floor", o.floor, "Run the products alone after each step; default: yes");
      },
      [&] { return run(o); });
}
