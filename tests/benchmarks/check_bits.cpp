// The losses of a GPT's first steps, bit for bit on 1, 2, 3, 4 and 8 threads.
#include <CLI/CLI.hpp>
#include <iostream>

#include <fmt/format.h>

#include <xtape/xtape.hpp>

namespace {

using namespace xtape;

struct Run {
  std::vector<float> losses;
  int threads_seen;
};

Run run(int threads, int steps) {
  set_num_threads(threads);
  Generator generator(1337);
  nn::GPT model(
      {.n_layer = 6, .n_head = 6, .n_embd = 384, .block_size = 256, .vocab_size = 65, .dropout = 0.2},
      generator);
  nn::AdamW optimizer(nn::decay_groups(model.parameters(), 0.1), {.betas = {0.9, 0.99}});
  default_generator() = Generator(7);  // dropout's
  Run result;
  threads_seen();
  for (int step = 0; step < steps; ++step) {
    const auto x = randint(0, 65, {8, 256}, generator), y = randint(0, 65, {8, 256}, generator);
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    nn::clip_grad_norm(model.parameters(), 1.0);
    optimizer.step();
    result.losses.push_back(loss.item());
  }
  result.threads_seen = threads_seen();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  int steps = 50;
  CLI::App app("Compares the losses of baby-gpt with dropout 0.2 between numbers of threads.");
  app.add_option("--steps", steps, "Steps")->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  std::vector<float> first;
  bool same = true;
  for (const int threads : {1, 2, 3, 4, 8}) {
    const auto [losses, seen] = run(threads, steps);
    if (first.empty()) first = losses;
    same = same && losses == first && seen == threads;
    fmt::print("{} threads, {} seen at work: {} steps, last loss {:.9g}, {}\n", threads, seen, steps,
               losses.back(), losses == first ? "same bits" : "OTHER BITS");
    std::cout << std::flush;
  }
  return same ? 0 : 1;
}
