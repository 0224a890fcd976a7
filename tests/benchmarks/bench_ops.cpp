// Ops that move memory rather than compute: bytes a second, forward and backward, over what a plain copy
// reaches in the same moment, in cache and out of it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/xtape.hpp>

#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::seconds_of;
using bench::Times;
using Json = nlohmann::ordered_json;

constexpr index_t columns = 512;

/// What the ops read, all of one size or broadcast to it.
struct Inputs {
  explicit Inputs(index_t n)
      : rows(n / columns),
        x(randn({rows, columns}).requires_grad_()),
        other(randn({rows, columns}).requires_grad_()),
        row(randn({columns}).requires_grad_()),
        column(randn({rows, 1}).requires_grad_()),
        ids(randint(0, rows, {rows})),
        classes(randint(0, columns, {rows})) {}

  index_t rows;
  Tensor x, other, row, column;
  Indices ids, classes;
};

/// An op with the memory that it cannot but move, in arrays of the size of x: each array that it reads or
/// writes counts once, be it read twice; rows, columns and indices count nothing. The copy is counted alike.
struct Case {
  const char* name;
  std::function<Tensor(const Inputs&)> f;
  double forward, backward;
};

constexpr double named_rows = 0.632;  // of a table with as many rows as indices are drawn: 1 - 1/e

const std::vector<Case> cases = {
    // x -> y; gy, x -> gx
    {"exp", [](const Inputs& in) { return exp(in.x); }, 2, 3},
    {"gelu", [](const Inputs& in) { return gelu(in.x); }, 2, 3},
    // a, b -> y; gy, a, b -> ga, gb
    {"a * b", [](const Inputs& in) { return in.x * in.other; }, 3, 5},
    // a -> y; gy -> ga, which is a copy: a leaf's gradient is its own
    {"a + row", [](const Inputs& in) { return in.x + in.row; }, 2, 2},
    // a -> y; gy, a -> ga
    {"a * row", [](const Inputs& in) { return in.x * in.row; }, 2, 3},
    {"a * column", [](const Inputs& in) { return in.x * in.column; }, 2, 3},
    // x ->; -> gx
    {"sum", [](const Inputs& in) { return sum(in.x); }, 1, 1},
    {"sum over rows", [](const Inputs& in) { return sum(in.x, 0); }, 1, 1},
    {"sum over columns", [](const Inputs& in) { return sum(in.x, 1); }, 1, 1},
    // x ->; x -> gx
    {"amax over columns", [](const Inputs& in) { return amax(in.x, 1); }, 1, 2},
    // x -> y; gy -> gx
    {"transpose", [](const Inputs& in) { return transpose(in.x); }, 2, 2},
    // x -> y; gy, y -> gx
    {"softmax", [](const Inputs& in) { return softmax(in.x, -1); }, 2, 3},
    {"log_softmax", [](const Inputs& in) { return log_softmax(in.x, -1); }, 2, 3},
    // x -> y; gy, x -> gx
    {"layer_norm", [](const Inputs& in) { return layer_norm(in.x, in.row, in.row); }, 2, 3},
    // x ->; x -> gx
    {"cross_entropy", [](const Inputs& in) { return cross_entropy(in.x, in.classes); }, 1, 2},
    // the rows of x that are named -> y; gy -> gx
    {"embedding", [](const Inputs& in) { return embedding(in.ids, in.x); }, named_rows + 1, 2},
    // x -> y; gy -> gx
    {"dropout", [](const Inputs& in) { return dropout(in.x, 0.1); }, 2, 2},
};

/// Times of a copy: a plain one as memcpy makes it in each block of a loop, and one that writes past the
/// caches where it is large.
struct Copies {
  Times plain, streamed;

  double total() const { return plain.total() + streamed.total(); }
};

/// Copies n floats, in memory as tensors have it and by as many threads as the ops have.
class Copier {
 public:
  explicit Copier(index_t n) : from_(uninitialized<float>({n})), to_(uninitialized<float>({n})) {
    std::fill_n(from_.data(), n, 1.0f);
  }

  void run(Copies& copies) {
    float* const to = to_.data();
    const float* const from = std::as_const(from_).data();
    const index_t n = from_.size();
    copies.plain.add(seconds_of([&] {
      parallel_for(n, 16384, [&](index_t begin, index_t end) {
        std::memcpy(to + begin, from + begin, static_cast<std::size_t>(end - begin) * sizeof(float));
      });
    }));
    copies.streamed.add(seconds_of([&] { detail::copy_elements(to, from, n); }));
  }

 private:
  Buffer<float> from_, to_;
};

/// A speed as parts of the copies', and seconds.
struct Speed {
  double of_plain, of_streamed, seconds;
};

/// The speed of what moved `arrays` arrays; a copy moves two.
Speed speed(const Times& times, double arrays, const Copies& copies) {
  const double copied = arrays / 2 / times.median();
  return {copied * copies.plain.median(), copied * copies.streamed.median(), times.median()};
}

void zero_grad(const Inputs& in) {
  for (const Tensor& x : {in.x, in.other, in.row, in.column}) x.zero_grad();
}

/// Forward and backward speeds of an op.
std::pair<Speed, Speed> measure(const Case& c, const Inputs& in, Copier& copier, double seconds) {
  Times forward, backward;
  Copies copies;
  Tensor gy;
  double spent = 0;
  while (spent < seconds || forward.count() < 5) {
    Tensor y;
    copier.run(copies);
    forward.add(seconds_of([&] { y = c.f(in); }));
    if (!gy.has_value() || gy.shape() != y.shape()) gy = randn(y.shape());
    backward.add(seconds_of([&] { y.backward(gy); }));
    zero_grad(in);
    spent = copies.total() + forward.total() + backward.total();
  }
  return {speed(forward, c.forward, copies), speed(backward, c.backward, copies)};
}

/// The update of one parameter of n elements: it reads four arrays and writes three.
Speed measure_adamw(index_t n, Copier& copier, double seconds) {
  const Tensor x = randn({n}).requires_grad_();
  x.set_grad(randn({n}));
  nn::AdamW optimizer({x});
  Times times;
  Copies copies;
  while (times.total() + copies.total() < seconds || times.count() < 5) {
    copier.run(copies);
    times.add(seconds_of([&] { optimizer.step(); }));
  }
  return speed(times, 7, copies);
}

Json run(index_t n, double seconds, const std::vector<std::string>& only) {
  const Inputs in(n);
  Copier copier(n);
  Copies copies;
  for (int i = 0; i < 20; ++i) copier.run(copies);
  const auto bytes_per_second = [&](const Times& times) {
    return static_cast<double>(n) * 8 / times.median();
  };
  fmt::print(
      "\n{} floats ({:.1f} MB) an array, copied at {:.1f} GB/s by memcpy, {:.1f} past the caches if large\n"
      "{:<20} {:>17} {:>17} {:>17}\n{:<20} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
      n, static_cast<double>(n) * 4e-6, bytes_per_second(copies.plain) * 1e-9,
      bytes_per_second(copies.streamed) * 1e-9, "", "of memcpy", "of that past", "us", "op", "forward",
      "backward", "forward", "backward", "forward", "backward");
  Json rows = Json::array();
  const auto tell = [&](const char* name, const Speed& forward, const Speed& backward) {
    fmt::print("{:<20} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.1f} {:>8.1f}\n", name, forward.of_plain,
               backward.of_plain, forward.of_streamed, backward.of_streamed, forward.seconds * 1e6,
               backward.seconds * 1e6);
    rows.push_back({{"op", name},
                    {"forward", forward.of_plain},
                    {"backward", backward.of_plain},
                    {"forward_of_streamed", forward.of_streamed},
                    {"backward_of_streamed", backward.of_streamed},
                    {"forward_seconds", forward.seconds},
                    {"backward_seconds", backward.seconds}});
  };
  const auto wanted = [&](const char* name) {
    return only.empty() || std::ranges::find(only, name) != only.end();
  };
  for (const Case& c : cases) {
    if (!wanted(c.name)) continue;
    const auto [forward, backward] = measure(c, in, copier, seconds);
    tell(c.name, forward, backward);
  }
  if (wanted("AdamW")) tell("AdamW", measure_adamw(n, copier, seconds), {});
  return {{"floats", n},
          {"copy_bytes_per_second", bytes_per_second(copies.plain)},
          {"streamed_copy_bytes_per_second", bytes_per_second(copies.streamed)},
          {"ops", rows}};
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 0.3;
  int threads = 2;
  std::string json;
  std::vector<std::string> only;
  CLI::App app("Speeds of ops that move memory, over a plain copy's.");
  app.add_option("--seconds", seconds, "How long to measure each op")->capture_default_str();
  app.add_option("--threads", threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
  app.add_option("--op", only, "Measure this op, by its name in the table, and no others; may be repeated");
  app.add_option("--json", json, "Write the figures to this file, too");
  CLI11_PARSE(app, argc, argv);
  set_num_threads(threads);
  Json result = Json::array();
  for (const index_t n : {index_t{1} << 17, index_t{1} << 24}) result.push_back(run(n, seconds, only));
  if (!json.empty()) std::ofstream(json) << result.dump(2) << '\n';
}
