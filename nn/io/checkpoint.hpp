// Checkpoints: what a run goes on from after it was stopped, in one file.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <xtape/core/random.hpp>
#include <xtape/nn/state_dict.hpp>

namespace xtape::nn {

/// The states of a run's parts, and what describes it:
///
///     nn::Checkpoint now;
///     now.add("model", model.state_dict());
///     now.add("optimizer", optimizer.state_dict());
///     now.add("dropout", nn::state_dict(default_generator()));
///     now.set("step", step);
///     nn::save_checkpoint("run.safetensors", now);
///
///     const auto last = nn::load_checkpoint("run.safetensors");
///     model.load_state_dict(last.part("model"));
///     step = last.integer("step");
///
/// Restored before the same step, a run has the same bits as one that was never stopped.
class Checkpoint {
 public:
  /// An empty one.
  Checkpoint() = default;

  /// Adds the arrays of a part, which are shared, not copied. Throws ValueError where a part of this name is
  /// there already, or the name holds a dot.
  void add(const std::string& part, const StateDict& state, Here at = Here::now());
  /// The arrays of a part. Throws IoError where it has none.
  StateDict part(const std::string& name, Here at = Here::now()) const;

  /// Notes a text or a number; what had the name before is replaced. Real numbers keep all their bits. Throws
  /// ValueError for an integer that int64 does not hold, and for the names that checkpoints and their folders
  /// use themselves: checksum, best_step, best_loss.
  void set(const std::string& name, const std::string& text, Here at = Here::now());
  void set(const std::string& name, double number, Here at = Here::now());
  void set(const std::string& name, std::integral auto number, Here at = Here::now()) {
    if (number > 0) check_fits(name, static_cast<std::uint64_t>(number), at);
    set(name, std::to_string(number), at);
  }
  /// What was noted. All throw IoError where there is none of this name and kind.
  bool has(const std::string& name) const { return notes_.contains(name); }
  const std::string& text(const std::string& name, Here at = Here::now()) const;
  std::int64_t integer(const std::string& name, Here at = Here::now()) const;
  double real(const std::string& name, Here at = Here::now()) const;

 private:
  friend void save_checkpoint(const std::string&, const Checkpoint&, Here);
  friend Checkpoint load_checkpoint(const std::string&, Here);
  friend class CheckpointFolder;

  static void check_fits(const std::string& name, std::uint64_t number, Here at);
  [[noreturn]] void fail(const std::string& message, Here at) const;

  StateDict arrays_;  // "part.name"
  std::map<std::string, std::string> notes_;
  std::string path_;  // of the file that it came from
};

/// Writes a safetensors file that is complete or not there, on disk when the call returns. Throws IoError,
/// and then leaves what was there before.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint, Here at = Here::now());

/// Reads it back. Nothing in the file is trusted: throws IoError where it is damaged, also where only a bit
/// has changed, or no checkpoint.
Checkpoint load_checkpoint(const std::string& path, Here at = Here::now());

/// The state of a generator: its seed, and how much was drawn. torch.Generator.get_state.
StateDict state_dict(const Generator& generator);
/// Puts a generator back into it. Throws IoError where it is none.
void load_state_dict(Generator& generator, const StateDict& state, Here at = Here::now());

}  // namespace xtape::nn
