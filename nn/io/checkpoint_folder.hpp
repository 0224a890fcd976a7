// A folder of checkpoints: the last ones and the best.
#pragma once

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <xtape/nn/io/checkpoint.hpp>

namespace xtape::nn {

/// Keeps the checkpoints of one run, step-00000250.safetensors and so on. A run that is killed at any moment
/// leaves one that loads, if there was one before. One process at a time writes into a folder.
class CheckpointFolder {
 public:
  /// Makes the folder where there is none. Throws IoError, and ValueError for `keep` below 1.
  explicit CheckpointFolder(std::string path, index_t keep = 2, Here at = Here::now());

  /// Writes the checkpoint of a step; once it is on disk, removes all others but the last `keep` and the one
  /// of the lowest loss. Those of later steps go too: they belong to a run that was given up. Those that
  /// load_latest() could not read stay, for another attempt. Throws IoError, and then those that were there
  /// before are there still.
  void save(index_t step, const Checkpoint& checkpoint, double loss = std::numeric_limits<double>::infinity(),
            Here at = Here::now());

  /// The checkpoint of the highest step that can be read, or none in an empty folder; saves that follow go on
  /// from its lowest loss. `damaged` gets a message for each later one that cannot be read. Throws IoError
  /// where there are checkpoints and none can be read.
  std::optional<Checkpoint> load_latest(std::vector<std::string>* damaged = nullptr, Here at = Here::now());

  /// The one of the lowest loss, or none where none was saved with a loss; for a folder that was just opened,
  /// call load_latest() first. Throws IoError.
  std::optional<Checkpoint> load_best(Here at = Here::now()) const;

  /// The steps that have a checkpoint, ascending.
  std::vector<index_t> steps() const;
  /// The file of a step.
  std::string path_of(index_t step) const;

 private:
  void remove_unfinished() const;
  void remove_all_but_kept(index_t latest) const;

  std::string path_;
  index_t keep_;
  std::set<index_t> unread_;  // what load_latest() passed over
  std::optional<index_t> best_step_;
  double best_loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace xtape::nn
