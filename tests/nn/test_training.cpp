// Training as a whole: the same bits for any number of threads, no memory that grows, no copies of layout.
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <vector>

#include <xtape/core/memory.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/nn/clip_grad.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/nn/text/text.hpp>
#include <xtape/ops/cross_entropy.hpp>
#include <xtape/ops/kernels/strided.hpp>

using namespace xtape;

namespace {

constexpr index_t batch_size = 8, block_size = 64, vocab_size = 65;

struct Trainer {
  Generator generator{7};
  nn::GPT model{{.n_layer = 2,
                 .n_head = 4,
                 .n_embd = 64,
                 .block_size = block_size,
                 .vocab_size = vocab_size,
                 .dropout = 0.1},
                generator};
  nn::AdamW optimizer{nn::decay_groups(model.parameters(), 0.1), {.lr = 1e-3}};
  Indices text = randint(0, vocab_size, {5000}, generator);

  float step() {
    const auto [x, y] = nn::random_batch(text, batch_size, block_size, generator);  // (B, T)
    const Tensor loss = cross_entropy(model(x), y);
    model.zero_grad();
    loss.backward();
    nn::clip_grad_norm(model.parameters(), 1);
    optimizer.step();
    return loss.item();
  }
};

std::vector<float> losses(int steps) {
  manual_seed(3);
  Trainer trainer;
  std::vector<float> result;
  for (int i = 0; i < steps; ++i) result.push_back(trainer.step());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(training)

BOOST_AUTO_TEST_CASE(the_same_bits_on_1_2_and_4_threads) {
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = losses(50);
  BOOST_TEST(alone.back() != alone.front());
  for (const int threads : {2, 4}) {
    set_num_threads(threads);
    threads_seen();
    int most = 0;
    for (const auto start = std::chrono::steady_clock::now();
         most < threads && std::chrono::steady_clock::now() - start < std::chrono::seconds(60);) {
      BOOST_TEST((losses(50) == alone));
      most = std::max(most, threads_seen());
    }
    BOOST_TEST(most == threads);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(a_step_leaves_nothing_behind) {
  const int before = num_threads();
  set_num_threads(1);  // how much scratch several hold at once is a matter of chance
  Trainer trainer;
  trainer.step();
  trainer.step();
  const auto live = memory_stats().live;
  const auto nodes = live_nodes();
  const auto held = live + memory_stats().pooled;
  for (int i = 0; i < 10; ++i) trainer.step();
  BOOST_TEST(memory_stats().live == live);
  BOOST_TEST(live_nodes() == nodes);
  BOOST_TEST(memory_stats().live + memory_stats().pooled == held);  // the system was asked for nothing
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(a_step_copies_nothing_for_its_layout) {
  Trainer trainer;
  const std::uint64_t before = kernels::layout_bytes;
  trainer.step();
  BOOST_TEST(kernels::layout_bytes == before);
}

BOOST_AUTO_TEST_SUITE_END()
