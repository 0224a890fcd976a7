// Checkpoints: what they bring back, which are kept, and what damage does.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <csignal>

#include <sys/resource.h>

#include <xtape/nn/adamw.hpp>
#include <xtape/nn/clip_grad.hpp>
#include <xtape/nn/gpt.hpp>
#include <xtape/nn/io/checkpoint_folder.hpp>
#include <xtape/nn/io/safetensors.hpp>
#include <xtape/nn/schedule.hpp>
#include <xtape/nn/text/data_loader.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/cross_entropy.hpp>
#include <xtape/ops/reduce.hpp>

#include "tests/support/errors.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace xtape;
using test::bytes_of_file;
using test::text_of;
using test::write_file;

namespace {

Tensor noise(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(shape, generator);
}

/// A training run with all that has a state: weights, optimiser, schedule, both generators, data.
struct Run {
  Generator noise{3};
  nn::GPT model{{.n_layer = 1, .n_head = 2, .n_embd = 8, .block_size = 8, .vocab_size = 16, .dropout = 0.2},
                noise};
  nn::AdamW optimizer{nn::decay_groups(model.parameters(), 0.1)};
  nn::WarmupCosine schedule{.lr = 1e-2, .warmup_steps = 2, .decay_steps = 8};
  nn::DataLoader loader;
  index_t steps = 0;

  explicit Run(index_t prefetch = 4)
      : loader(randint(0, 16, {70}, noise),
               {.batch_size = 2, .block_size = 8, .epochs = true, .seed = 5, .prefetch = prefetch}) {
    manual_seed(1);  // what dropout draws from
  }

  /// Gradients of two batches a step, and a little noise on them.
  void step() {
    optimizer.config.lr = schedule(steps++);
    model.zero_grad();
    for (int i = 0; i < 2; ++i) {
      const auto [x, y] = loader.next();  // (B, T)
      (cross_entropy(model(x), y) / 2 + sum(model.ln_f.weight * randn({8}, noise)) * 1e-3).backward();
    }
    nn::clip_grad_norm(model.parameters(), 1);
    optimizer.step();
  }

  nn::Checkpoint checkpoint() const {
    nn::Checkpoint now;
    now.add("model", model.state_dict());
    now.add("optimizer", optimizer.state_dict());
    now.add("data", loader.state_dict());
    now.add("noise", nn::state_dict(noise));
    now.add("dropout", nn::state_dict(default_generator()));
    now.set("steps", steps);
    return now;
  }

  void restore(const nn::Checkpoint& last) {
    model.load_state_dict(last.part("model"));
    optimizer.load_state_dict(last.part("optimizer"));
    loader.load_state_dict(last.part("data"));
    nn::load_state_dict(noise, last.part("noise"));
    nn::load_state_dict(default_generator(), last.part("dropout"));
    steps = last.integer("steps");
  }
};

std::string bytes_of(const Run& run) {
  const test::TemporaryFolder folder;
  nn::save_checkpoint(folder / "run", run.checkpoint());
  return bytes_of_file(folder / "run");
}

nn::Checkpoint holding(double number) {
  nn::Checkpoint checkpoint;
  checkpoint.set("number", number);
  nn::StateDict state;
  state.add("x", Tensor64{number, 0, 0, 0});
  checkpoint.add("part", state);
  return checkpoint;
}

std::size_t files_in(const test::TemporaryFolder& folder) {
  const auto files = std::filesystem::directory_iterator(folder.path());
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

using Steps = std::vector<index_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint_files)

BOOST_AUTO_TEST_CASE(a_run_goes_on_with_the_same_bits) {
  Run undisturbed;
  for (int i = 0; i < 7; ++i) undisturbed.step();
  const auto wanted = bytes_of(undisturbed);
  const test::TemporaryFolder folder;
  for (int stop = 0; stop < 7; ++stop) {
    {
      Run stopped;
      for (int i = 0; i < stop; ++i) stopped.step();
      nn::save_checkpoint(folder / "run", stopped.checkpoint());
    }
    Run resumed(stop % 2);  // with another thread, and without
    randn({3});             // whatever happened before
    resumed.restore(nn::load_checkpoint(folder / "run"));
    while (resumed.steps < 7) resumed.step();
    BOOST_TEST((bytes_of(resumed) == wanted), "stopped after " << stop << " steps");
  }
}

BOOST_AUTO_TEST_CASE(notes_keep_all_bits) {
  const test::TemporaryFolder folder;
  auto checkpoint = holding(0.1 + 0.2);
  checkpoint.set("infinite", -INFINITY);
  checkpoint.set("undefined", std::nan(""));
  checkpoint.set("tiny", 5e-324);
  checkpoint.set("step", INT64_MIN);
  checkpoint.set("text", std::string("\0\"\n\xc3\xa9", 5));
  nn::save_checkpoint(folder / "a", checkpoint);
  const auto loaded = nn::load_checkpoint(folder / "a");
  BOOST_TEST(loaded.real("number") == 0.1 + 0.2);
  BOOST_TEST(loaded.real("infinite") == -INFINITY);
  BOOST_TEST(std::isnan(loaded.real("undefined")));
  BOOST_TEST(loaded.real("tiny") == 5e-324);
  BOOST_TEST(loaded.integer("step") == INT64_MIN);
  BOOST_TEST(loaded.text("text") == std::string("\0\"\n\xc3\xa9", 5));
  BOOST_TEST(loaded.part("part").get<Tensor64>("x").at({0}) == 0.1 + 0.2);
  BOOST_TEST(!loaded.has("checksum"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  const test::TemporaryFolder folder;
  nn::save_checkpoint(folder / "a", holding(0.5));
  const auto loaded = nn::load_checkpoint(folder / "a");
  const auto prefix = "checkpoint: " + (folder / "a") + ": ";
  BOOST_TEST(text_of<IoError>([&] { loaded.part("par"); }) == prefix + "it has no part par");
  BOOST_TEST(text_of<IoError>([&] { loaded.text("name"); }) == prefix + "it has no note of its name");
  BOOST_TEST(text_of<IoError>([&] { loaded.integer("number"); }) ==
             prefix + "its number is '0.5', not an integer");
  nn::Checkpoint own;
  own.set("number", std::string("1x"));
  BOOST_TEST(text_of<IoError>([&] { own.real("number"); }) == "checkpoint: its number is '1x', not a number");
  nn::StateDict state;
  state.add("x", Tensor{1});
  own.add("part", state);
  BOOST_TEST(text_of<ValueError>([&] { own.add("part", state); }) ==
             "checkpoint: the part part is there already; names are unique");
  BOOST_TEST(text_of<ValueError>([&] { own.set("checksum", 1); }) ==
             "checkpoint: the note checksum is one of its own; choose another name");
  BOOST_TEST(text_of<ValueError>([&] { own.set("seed", UINT64_MAX); }) ==
             "checkpoint: the note seed is 18446744073709551615, more than int64 holds");
  BOOST_TEST(text_of<ValueError>([&] { own.add("a.b", state); }) ==
             "checkpoint: the part a.b has a dot in its name");
  Generator generator;
  BOOST_TEST(text_of<IoError>([&] { nn::load_state_dict(generator, state); }) ==
             "generator: a state is two integers, seed and position, under the name state");
}

BOOST_AUTO_TEST_CASE(the_last_and_the_best_are_kept) {
  const test::TemporaryFolder path;
  nn::CheckpointFolder folder(path.path(), 2);
  BOOST_TEST(!folder.load_latest());
  BOOST_TEST(!folder.load_best());
  const double losses[] = {5, 3, 4, 3, 6, 7};
  for (int i = 0; i < 6; ++i) folder.save(10 * i, holding(i), losses[i]);
  BOOST_TEST((folder.steps() == Steps{10, 40, 50}));
  BOOST_TEST(folder.path_of(10) == path / "step-00000010.safetensors");
  BOOST_TEST(folder.load_latest()->real("number") == 5);
  BOOST_TEST(folder.load_best()->real("number") == 1);

  nn::CheckpointFolder again(path.path(), 1);  // another process, which goes on
  again.load_latest();
  BOOST_TEST(again.load_best()->real("number") == 1);
  again.save(60, holding(6), 3.5);
  BOOST_TEST((again.steps() == Steps{10, 60}));
  again.save(70, holding(7));
  BOOST_TEST((again.steps() == Steps{10, 70}));
  again.save(80, holding(8), 2);
  BOOST_TEST((again.steps() == Steps{80}));

  nn::CheckpointFolder anew(path.path());  // a run from the beginning
  anew.save(0, holding(9), 9);
  BOOST_TEST((anew.steps() == Steps{0}));
  BOOST_TEST(text_of<ValueError>([&] { nn::CheckpointFolder(path.path(), 0); }) ==
             "checkpoint folder: keep = 0; it is 1 or more");
  BOOST_TEST(text_of<ValueError>([&] { anew.save(-1, holding(1)); }) ==
             "checkpoint folder: step = -1; it is 0 or more");
}

BOOST_AUTO_TEST_CASE(leftovers_and_other_files_are_no_checkpoints) {
  const test::TemporaryFolder path;
  nn::CheckpointFolder folder(path.path());
  folder.save(1, holding(1));
  for (const char* name : {"step-00000002.safetensors.123.1.tmp", "step-.safetensors", "step-2.safetensors",
                           "step-0000000x.safetensors", "notes"})
    write_file(path / name, "unfinished");
  BOOST_TEST((folder.steps() == Steps{1}));
  BOOST_TEST(folder.load_latest()->real("number") == 1);
  folder.save(3, holding(3));
  BOOST_TEST(!std::filesystem::exists(path / "step-00000002.safetensors.123.1.tmp"));
  BOOST_TEST(files_in(path) == 6U);
}

BOOST_AUTO_TEST_CASE(a_damaged_checkpoint_is_passed_over) {
  const test::TemporaryFolder path;
  nn::CheckpointFolder folder(path.path(), 3);
  for (int i = 1; i < 4; ++i) folder.save(i, holding(i));
  const auto good = bytes_of_file(folder.path_of(3));
  auto flipped = good;
  flipped[good.size() - 3] ^= 1;
  write_file(folder.path_of(3), flipped);
  write_file(folder.path_of(2), bytes_of_file(folder.path_of(2)).substr(0, 100));
  std::vector<std::string> damaged;
  BOOST_TEST(folder.load_latest(&damaged)->real("number") == 1);
  BOOST_REQUIRE(damaged.size() == 2U);
  BOOST_TEST(damaged[0].starts_with("checkpoint: " + folder.path_of(3) +
                                    ": it is damaged: its checksum is not that of what it holds"));
  BOOST_TEST(damaged[1].starts_with("load_safetensors: " + folder.path_of(2)));
  nn::save_safetensors(folder.path_of(1), {});
  const auto text = text_of<IoError>([&] { folder.load_latest(); });
  BOOST_TEST(text == "checkpoint folder: " + path.path() + " holds none that can be read; the last: " +
                         damaged[0].substr(0, damaged[0].find(", at ")));
  BOOST_TEST(text_of<IoError>([&] { nn::load_checkpoint(folder.path_of(1)); }) ==
             "checkpoint: " + folder.path_of(1) + ": it has no checksum; is it a checkpoint?");
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_is_not_removed) {
  const test::TemporaryFolder path;
  nn::CheckpointFolder folder(path.path(), 1);
  folder.save(2, holding(2), 2);
  folder.save(5, holding(5));
  const auto good = bytes_of_file(folder.path_of(5));
  write_file(folder.path_of(5), good.substr(0, 100));  // read amiss, for whatever reason
  BOOST_TEST(folder.load_latest()->real("number") == 2);
  folder.save(4, holding(4));
  folder.save(6, holding(6));
  BOOST_TEST((folder.steps() == Steps{2, 5, 6}));
  folder.save(5, holding(5));  // the run came to this step again
  folder.save(7, holding(7));
  BOOST_TEST((folder.steps() == Steps{2, 7}));
}

BOOST_AUTO_TEST_CASE(any_changed_byte_is_seen) {
  const test::TemporaryFolder folder;
  auto checkpoint = holding(1);
  nn::StateDict others;
  others.add("ids", Indices{1, 2, 3});
  others.add("mask", Mask{true, false, true});
  others.add("wide", Tensor64{1.5});
  checkpoint.add("others", others);
  nn::save_checkpoint(folder / "a", checkpoint);
  const auto good = bytes_of_file(folder / "a");
  index_t unseen = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bytes = good;
    bytes[i] ^= 1;
    write_file(folder / "a", bytes);
    try {
      nn::load_checkpoint(folder / "a");
      ++unseen;
    } catch (const IoError&) {
    }
  }
  BOOST_TEST(unseen == 0);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_what_was_there) {
  const test::TemporaryFolder path;
  nn::CheckpointFolder folder(path.path());
  folder.save(1, holding(1), 1);
  nn::Checkpoint large;
  nn::StateDict state;
  state.add("x", noise({50'000}, 1));
  large.add("part", state);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit narrow{100'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &narrow);
  std::string text;
  try {
    folder.save(2, large, 0.5);
  } catch (const IoError& error) {
    text = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  BOOST_TEST(
      text.starts_with("save_safetensors: " + folder.path_of(2) + " cannot be written: File too large"));
  BOOST_TEST(files_in(path) == 1U);
  BOOST_TEST(folder.load_latest()->real("number") == 1);
  BOOST_TEST(folder.load_best()->real("number") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
