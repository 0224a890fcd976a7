// Any bytes as a checkpoint: an IoError, or what saves as it was loaded. The first byte says which: 'c' a
// checkpoint's file; 's' a safetensors file whose arrays and texts become a checkpoint, from which a run is
// restored: an error, or a run that goes on.
#include <xtape/core/error.hpp>
#include <xtape/nn/adamw.hpp>
#include <xtape/nn/io/checkpoint_folder.hpp>
#include <xtape/nn/io/safetensors.hpp>
#include <xtape/nn/module.hpp>
#include <xtape/nn/text/data_loader.hpp>
#include <xtape/nn/text/tokenizer_files.hpp>

#include "tests/fuzz/state_dicts.hpp"

namespace {

using namespace xtape;

using fuzz::check;
using test::bytes_of_file;
using test::write_file;

const test::TemporaryFolder folder;

/// The only checkpoint of a run, and what a save makes of it.
void load(const std::string& bytes) {
  nn::CheckpointFolder run(folder / "run");
  write_file(run.path_of(1), bytes);
  const auto again = folder / "again";
  nn::save_checkpoint(again, *run.load_latest());
  const auto once = bytes_of_file(again);
  nn::save_checkpoint(again, nn::load_checkpoint(again));
  check(bytes_of_file(again) == once);
}

struct Model : nn::Module {
  Tensor weight = Tensor{{1, 2}}.requires_grad_(), bias = Tensor{0}.requires_grad_();
  Mask mask = {true, false};

  void visit(nn::Visitor<float>& v) override {
    v("weight", weight);
    v("bias", bias);
    v.buffer("mask", mask);
  }
};

template <class F>
void attempt(F f) {
  try {
    f();
  } catch (const Error&) {
  }
}

void restore(const std::string& bytes) {
  write_file(folder / "arrays", bytes);
  const auto file = nn::load_safetensors(folder / "arrays");
  nn::Checkpoint checkpoint;
  checkpoint.add("part", file.tensors);
  for (const auto& [name, text] : file.metadata) attempt([&] { checkpoint.set(name, text); });
  nn::save_checkpoint(folder / "checkpoint", checkpoint);
  const auto last = nn::load_checkpoint(folder / "checkpoint");

  Model model;
  nn::AdamW optimizer(model.parameters());
  nn::DataLoader loader(Indices{0, 1, 2, 3}, {.batch_size = 1, .block_size = 2, .epochs = true});
  Generator generator;
  attempt([&] { model.load_state_dict(last.part("part"), {.strict = false}); });
  attempt([&] { optimizer.load_state_dict(last.part("part")); });
  attempt([&] { loader.load_state_dict(last.part("part")); });
  attempt([&] { nn::load_state_dict(generator, last.part("part")); });
  attempt([&] { nn::tokenizer_from_json(last.text("tokenizer")); });
  attempt([&] { last.integer("step"); });
  attempt([&] { last.real("best_loss"); });
  loader.next();
  randn({2}, generator);
  optimizer.step();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::bytes(data + 1, size - 1);
  attempt([&] { data[0] == 's' ? restore(bytes) : load(bytes); });
  return 0;
}
