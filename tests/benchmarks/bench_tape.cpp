// What the tape itself costs: time and memory a node for chains of scalar ops and a tiny network, where
// arithmetic counts for nothing.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <xtape/xtape.hpp>

#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::seconds_of;
using bench::Times;
using Json = nlohmann::ordered_json;

/// A graph to build; its nodes are counted while it stands.
struct Graph {
  const char* name;
  std::function<Tensor()> build;
};

Tensor leaf(const Shape& shape) { return (randn(shape) * 0.1f).detach().requires_grad_(); }

std::vector<Graph> graphs() {
  constexpr int length = 1000;
  const Tensor x = leaf({}), w = leaf({}), b = leaf({});
  const auto chain = [x](auto f) {
    return [x, f] {
      Tensor y = x;
      for (int i = 0; i < length; ++i) y = f(y);
      return y;
    };
  };
  const Tensor row = leaf({1, 4}), w1 = leaf({4, 4}), b1 = leaf({4}), w2 = leaf({4, 4}), b2 = leaf({4});
  const auto network = [=] {
    Tensor y = row;
    for (int i = 0; i < length / 4; ++i) y = linear(tanh(linear(y, w1, b1)), w2, b2);  // (1, 4)
    return sum(y);
  };
  return {{"-x", chain([](const Tensor& y) { return -y; })},
          {"x w", chain([w](const Tensor& y) { return y * w; })},
          {"x + b", chain([b](const Tensor& y) { return y + b; })},
          {"tanh(x)", chain([](const Tensor& y) { return tanh(y); })},
          {"MLP of width 4", network}};
}

/// Bytes that are in use, of what malloc gave out.
std::size_t bytes_in_use() {
  release_pooled_memory();
  return mallinfo2().uordblks;
}

Json measure(const Graph& graph, double seconds) {
  Times forward, backward, release;
  const std::size_t nodes_before = live_nodes();
  Tensor y = graph.build();
  const auto nodes = static_cast<double>(live_nodes() - nodes_before);
  y.backward();
  y = Tensor();
  const std::size_t bytes_before = bytes_in_use();
  y = graph.build();
  const double bytes = static_cast<double>(bytes_in_use() - bytes_before) / nodes;
  y = Tensor();
  while (forward.total() + backward.total() < seconds) {
    forward.add(seconds_of([&] { y = graph.build(); }));
    backward.add(seconds_of([&] { y.backward(); }));
    release.add(seconds_of([&] { y = Tensor(); }));
  }
  const auto ns = [&](const Times& times) { return times.median() / nodes * 1e9; };
  const double all = ns(forward) + ns(backward) + ns(release);
  fmt::print("{:<16} {:>6.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f}\n", graph.name, nodes, ns(forward),
             ns(backward), ns(release), all, bytes);
  return {{"graph", graph.name},
          {"nodes", nodes},
          {"forward_ns", ns(forward)},
          {"backward_ns", ns(backward)},
          {"release_ns", ns(release)},
          {"total_ns", all},
          {"bytes", bytes}};
}

/// A training step of two layers of width 4, without an optimiser.
Json measure_step(double seconds) {
  const Tensor x = leaf({1, 4}).detach();
  const Tensor w1 = leaf({4, 4}), b1 = leaf({4}), w2 = leaf({4, 4}), b2 = leaf({4});
  const auto step = [&] {
    for (const Tensor& parameter : {w1, b1, w2, b2}) parameter.zero_grad();
    sum(linear(tanh(linear(x, w1, b1)), w2, b2)).backward();
  };
  constexpr int steps = 1000;  // a sample: the clock is no part of what is measured
  Times times;
  while (times.total() < seconds)
    times.add(seconds_of([&] {
      for (int i = 0; i < steps; ++i) step();
    }));
  const double microseconds = times.median() / steps * 1e6;
  fmt::print("\nA step of a 2-layer MLP of width 4: {:.2f} us\n", microseconds);
  return {{"graph", "2-layer MLP step"}, {"step_us", microseconds}};
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 0.5;
  std::string json;
  CLI::App app("Time and memory a node of the tape.");
  app.add_option("--seconds", seconds, "How long to measure each graph")->capture_default_str();
  app.add_option("--json", json, "Write the figures to this file, too");
  CLI11_PARSE(app, argc, argv);
  fmt::print("{:<16} {:>6} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "a node", "nodes", "forward", "backward",
             "release", "all ns", "bytes");
  Json rows = Json::array();
  for (const Graph& graph : graphs()) rows.push_back(measure(graph, seconds));
  rows.push_back(measure_step(seconds));
  if (!json.empty()) std::ofstream(json) << rows.dump(2) << '\n';
}
