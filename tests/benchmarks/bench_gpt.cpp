// A training step of a GPT (forward, backward, AdamW with clipping) against its own matrix products run
// alone: step time, tokens a second, memory, page faults, and where the time goes by op.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <xtape/ops/kernels/strided.hpp>
#include <xtape/xtape.hpp>

#include "tests/benchmarks/products.hpp"
#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::seconds_of;
using bench::Times;
using Json = nlohmann::ordered_json;

struct Setting {
  nn::GPTConfig model;
  index_t batch;
};

const std::map<std::string, Setting> settings = {
    {"nanogpt-cpu", {{.n_layer = 4, .n_head = 4, .n_embd = 128, .block_size = 64, .vocab_size = 65}, 12}},
    {"baby-gpt", {{.n_layer = 6, .n_head = 6, .n_embd = 384, .block_size = 256, .vocab_size = 65}, 8}},
    {"gpt2-124m", {{.n_layer = 12, .n_head = 12, .n_embd = 768, .block_size = 64, .vocab_size = 50304}, 4}},
};

/// The parts of a step, each with its times.
struct Parts {
  Times forward, backward, update;
};

class Training {
 public:
  explicit Training(const Setting& setting)
      : model_(setting.model, generator_),
        optimizer_(nn::decay_groups(model_.parameters(), 0.1), {.betas = {0.9, 0.99}, .max_grad_norm = 1.0}),
        x_(randint(0, setting.model.vocab_size, {setting.batch, setting.model.block_size}, generator_)),
        y_(randint(0, setting.model.vocab_size, {setting.batch, setting.model.block_size}, generator_)) {}

  void step() {
    Tensor loss;
    parts.forward.add(seconds_of([&] { loss = cross_entropy(model_(x_), y_); }));
    model_.zero_grad();
    parts.backward.add(seconds_of([&] { loss.backward(); }));
    parts.update.add(seconds_of([&] { optimizer_.step(); }));
  }

  index_t parameter_count() const { return model_.parameter_count(); }
  index_t tokens() const { return x_.size(); }

  Parts parts;

 private:
  Generator generator_{1337};
  nn::GPT model_;
  nn::AdamW optimizer_;
  Indices x_, y_;  // (B, T)
};

/// The products alone, by each engine in turn.
class Floors {
 public:
  void run(bench::Replay& products) {
    const auto& [name, engine] = engines[next_];
    times_[name].add(seconds_of([&] { products.run(engine); }));
    next_ = (next_ + 1) % std::size(engines);
  }
  double total() const {
    double sum = 0;
    for (const auto& [name, times] : times_) sum += times.total();
    return sum;
  }
  const std::pair<const std::string, Times>& fastest() const {
    return *std::min_element(times_.begin(), times_.end(), [](const auto& a, const auto& b) {
      return a.second.median() < b.second.median();
    });
  }

 private:
  static constexpr std::pair<const char*, bench::Engine> engines[] = {
      {"engine by shape", bench::Engine::chosen},
      {"BLAS", bench::Engine::blas},
      {"oneDNN", bench::Engine::onednn}};
  std::map<std::string, Times> times_;
  std::size_t next_ = 0;
};

rusage usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

long page_faults() { return usage().ru_minflt + usage().ru_majflt; }

struct Options {
  std::string config = "nanogpt-cpu", precision = "fp32", json;
  int threads = 2;
  double seconds = 10;
  bool floor = true;
};

Json in_milliseconds(const Times& times) {
  return {{"median", times.median() * 1e3}, {"min", times.least() * 1e3}};
}

/// What all steps together added.
struct Added {
  long page_faults = 0;
  std::uint64_t layout_bytes = 0;
  std::size_t growth = 0;

  void count(Training& training) {
    const long faults_before = ::page_faults();
    const std::uint64_t copied_before = kernels::layout_bytes;
    const std::size_t live_before = memory_stats().live;
    training.step();
    page_faults += ::page_faults() - faults_before;
    layout_bytes += kernels::layout_bytes - copied_before;
    growth += memory_stats().live - live_before;
  }
};

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

std::vector<bench::LoggedProduct> products_of_a_step(Training& training) {
  bench::ProductLog log;
  training.step();
  return log.take();
}

Json run(const Options& o) {
  set_num_threads(o.threads);
  if (o.precision == "bf16") set_matmul_precision(Precision::bf16);
  Training training(settings.at(o.config));
  for (int i = 0; i < 2; ++i) training.step();
  std::optional<bench::Replay> products;  // its memory would count
  if (o.floor) products.emplace(products_of_a_step(training));
  training.parts = {};

  Times steps;
  Floors floors;
  Added added;
  double spent = 0;
  while (spent < o.seconds || steps.count() < 3) {
    steps.add(seconds_of([&] { added.count(training); }));
    if (products) floors.run(*products);
    spent = steps.total() + floors.total();
  }
  const auto tokens = static_cast<double>(training.tokens());
  fmt::print("{}, {}: {} parameters, {} tokens a step, {} threads, {} samples\n", o.config, o.precision,
             training.parameter_count(), training.tokens(), o.threads, steps.count());
  fmt::print("step      {:9.3f} ms (min {:.3f}), {:.0f} tokens/s\n", steps.median() * 1e3,
             steps.least() * 1e3, tokens / steps.median());
  Json result = {{"config", o.config},
                 {"threads", o.threads},
                 {"precision", o.precision},
                 {"step_ms", in_milliseconds(steps)},
                 {"tokens_per_second", tokens / steps.median()},
                 {"peak_tensor_bytes", memory_stats().peak},
                 {"peak_process_bytes", usage().ru_maxrss * 1024}};
  if (products) {
    const double gigaflop = products->multiplications() * 2e-9;
    const auto& [name, floor] = floors.fastest();
    fmt::print("products  {:9.3f} ms (min {:.3f}), {:.0f} GFLOP/s, {}\n", floor.median() * 1e3,
               floor.least() * 1e3, gigaflop / floor.median(), name);
    fmt::print("step / products  {:.3f} (of minima {:.3f})\n", steps.median() / floor.median(),
               steps.least() / floor.least());
    result["products_ms"] = in_milliseconds(floor);
    result["products_gflops"] = gigaflop / floor.median();
    result["step_over_products"] = steps.median() / floor.median();
  }
  const Parts& parts = training.parts;
  fmt::print("forward {:.3f}, backward {:.3f}, AdamW {:.3f} ms; peak of tensors {:.1f} MB\n",
             parts.forward.median() * 1e3, parts.backward.median() * 1e3, parts.update.median() * 1e3,
             static_cast<double>(memory_stats().peak) * 1e-6);
  result["forward_ms"] = in_milliseconds(parts.forward);
  result["backward_ms"] = in_milliseconds(parts.backward);
  result["adamw_ms"] = in_milliseconds(parts.update);
  fmt::print("in {} steps: {} page faults, {} bytes copied by changes of layout, {} bytes of growth\n",
             steps.count(), added.page_faults, added.layout_bytes, added.growth);
  const auto step_count = static_cast<double>(steps.count());
  result["page_faults_a_step"] = static_cast<double>(added.page_faults) / step_count;
  result["layout_bytes_a_step"] = static_cast<double>(added.layout_bytes) / step_count;
  result["growth_bytes"] = added.growth;
  result.update(profile_of(training, steps.median()));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("A training step of a GPT against its own matrix products.");
  std::vector<std::string> names;
  for (const auto& [name, setting] : settings) names.push_back(name);
  app.add_option("--config", o.config, "Which model")->capture_default_str()->check(CLI::IsMember(names));
  app.add_option("--threads", o.threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_option("--precision", o.precision, "Of the products")
      ->capture_default_str()
      ->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--seconds", o.seconds, "How long to measure")->capture_default_str();
  app.add_flag("--floor,!--no-floor", o.floor, "Run the products alone after each step; default: yes");
  app.add_option("--json", o.json, "Write the figures to this file, too");
  CLI11_PARSE(app, argc, argv);
  const Json result = run(o);
  if (!o.json.empty()) std::ofstream(o.json) << result.dump(2) << '\n';
}
