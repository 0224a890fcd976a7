// Generation by a GPT at batch 1, token by token: against the time in which the machine reads as many bytes
// as the weights have.
#include <numeric>

#include <xtape/core/parallel.hpp>
#include <xtape/nn/generation/generate.hpp>
#include <xtape/ops/argmax.hpp>

#include "tests/benchmarks/configs.hpp"
#include "tests/benchmarks/program.hpp"
#include "tests/benchmarks/times.hpp"

namespace {

using namespace xtape;
using bench::Json;
using bench::seconds_of;
using bench::Times;

/// Memory of some size, as tensors have it, which all threads read at once.
class Memory {
 public:
  explicit Memory(std::size_t bytes)
      : size_(static_cast<index_t>(bytes / sizeof(std::int64_t))),
        numbers_(uninitialized<std::int64_t>({size_})),
        sums_(static_cast<std::size_t>(block_count(size_, block))) {
    std::fill_n(numbers_.data(), size_, 1);
  }

  void read() {
    const std::int64_t* x = std::as_const(numbers_).data();
    parallel_for(size_, block, [&](index_t begin, index_t end) {  // integers add up in any order, so wide
      sums_[static_cast<std::size_t>(begin / block)] = std::reduce(x + begin, x + end);
    });
  }

 private:
  static constexpr index_t block = 1 << 14;
  index_t size_;
  Buffer<std::int64_t> numbers_;
  std::vector<std::int64_t> sums_;
};

/// A text in which `prompt` tokens are read and each step writes the likeliest.
class Text {
 public:
  Text(const nn::GPTDecoder& decoder, index_t prompt)
      : decoder_(decoder), cache_(decoder.config()), logits_(decoder(start(prompt), cache_)) {}

  void write_one() { logits_ = decoder_({argmax(logits_).item()}, cache_); }

 private:
  static Indices start(index_t length) {
    Generator generator(1);
    return randint(0, 65, {length}, generator);
  }

  const nn::GPTDecoder& decoder_;
  nn::KeyValueCache cache_;
  Tensor logits_;
};

struct Options {
  std::string config = "gpt2-124m";
  int threads = 2, prompt = 16, tokens = 100;
};

/// Seconds of a pass over it: the best of three, so that the limit is what the machine can do.
double seconds_to_read(Memory& memory) {
  Times passes;
  for (int i = 0; i < 3; ++i) passes.add(seconds_of([&] { memory.read(); }));
  return passes.least();
}

/// Weights that a token reads: all but the positions' and, as it is tied, one of the two of the vocabulary.
double weight_count(const nn::GPT& model) {
  return static_cast<double>(model.parameter_count() - model.wpe.weight.size());
}

/// Times of tokens and of reading memory, in turns.
Json measure(const nn::GPT& model, bool int8, const Options& o) {
  const nn::GPTDecoder decoder(model, {.int8 = int8});
  const double bytes = weight_count(model) * (int8 ? 1 : 4);
  Memory memory(static_cast<std::size_t>(bytes));
  Text text(decoder, o.prompt);
  Times tokens, reads;
  for (int i = 0; i < o.tokens; ++i) {
    tokens.add(seconds_of([&] { text.write_one(); }));
    if (i % 4 == 0) reads.add(seconds_to_read(memory));
  }
  const double share = reads.median() / tokens.median();
  fmt::print(
      "{:8} {:8.3f} ms a token (min {:.3f}), {:7.1f} tokens/s; its weights are read in {:.3f} ms, {:.1f} "
      "GB/s: {:.0f} % of the limit (of minima {:.0f})\n",
      int8 ? "int8" : "float", tokens.median() * 1e3, tokens.least() * 1e3, 1 / tokens.median(),
      reads.median() * 1e3, bytes * 1e-9 / reads.median(), 100 * share, 100 * reads.least() / tokens.least());
  return {{"token_ms", tokens.median() * 1e3},        {"token_ms_min", tokens.least() * 1e3},
          {"tokens_per_second", 1 / tokens.median()}, {"read_ms", reads.median() * 1e3},
          {"read_ms_min", reads.least() * 1e3},       {"share_of_limit", share}};
}

Json run(const Options& o) {
  set_num_threads(o.threads);
  Generator generator(1337);
  auto config = bench::gpt_settings().at(o.config).model;
  config.block_size = 1024;
  const nn::GPT model(config, generator);
  fmt::print("{}: {} parameters, {} threads, {} tokens after a prompt of {}\n", o.config,
             model.parameter_count(), o.threads, o.tokens, o.prompt);
  Json result = {{"config", o.config}, {"threads", o.threads}, {"prompt", o.prompt}};
  result["float"] = measure(model, false, o);
  result["int8"] = measure(model, true, o);
  const double faster = result["float"]["token_ms"].get<double>() / result["int8"]["token_ms"].get<double>();
  fmt::print("int8 is {:.2f} times as fast as float\n", faster);
  result["int8_over_float"] = faster;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  return bench::run_program(
      argc, argv, "Generation by a GPT at batch 1, against the time in which its weights are read.",
      [&](CLI::App& app) {
        app.add_option("--config", o.config, "Which model")
            ->capture_default_str()
            ->check(CLI::IsMember(bench::gpt_names()));
        app.add_option("--threads", o.threads, "Threads")->capture_default_str()->check(CLI::Range(1, 1024));
        app.add_option("--prompt", o.prompt, "Tokens to begin with")->capture_default_str();
        app.add_option("--tokens", o.tokens, "Tokens to write")->capture_default_str();
      },
      [&] { return run(o); });
}
