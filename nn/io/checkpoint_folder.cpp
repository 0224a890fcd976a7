// Folders of checkpoints.
#include <xtape/nn/io/checkpoint_folder.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace xtape::nn {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "step-", suffix = ".safetensors";

/// The step in the name of a checkpoint, if it is one.
std::optional<index_t> step_in(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  const char *begin = name.data() + prefix.size(), *end = name.data() + name.size() - suffix.size();
  index_t step = -1;
  const auto [stop, error] = std::from_chars(begin, std::max(begin, end), step);
  if (error != std::errc() || stop != end || step < 0) return {};
  return step;
}

/// The names of what is in a folder. Throws IoError.
std::vector<std::string> names_in(const std::string& path, Here at) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator i(path, error), end; !error && i != end; i.increment(error))
    names.push_back(i->path().filename().string());
  if (error) raise<IoError>(fmt::format("checkpoint folder: {}: {}", path, error.message()), at);
  return names;
}

void remove(const std::string& path) {
  std::error_code ignored;  // what cannot be removed takes space, and harms nobody
  fs::remove(path, ignored);
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::string path, index_t keep, Here at)
    : path_(std::move(path)), keep_(keep) {
  if (keep < 1) raise<ValueError>(fmt::format("checkpoint folder: keep = {}; it is 1 or more", keep), at);
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    raise<IoError>(fmt::format("checkpoint folder: {} cannot be made: {}", path_, error.message()), at);
}

std::vector<index_t> CheckpointFolder::steps() const {
  std::vector<index_t> steps;
  for (const auto& name : names_in(path_, {}))
    if (const auto step = step_in(name); step && path_of(*step) == path_ + '/' + name) steps.push_back(*step);
  std::sort(steps.begin(), steps.end());
  return steps;
}

std::string CheckpointFolder::path_of(index_t step) const {
  return fmt::format("{}/{}{:08}{}", path_, prefix, step, suffix);
}

void CheckpointFolder::save(index_t step, const Checkpoint& checkpoint, double loss, Here at) {
  if (step < 0) raise<ValueError>(fmt::format("checkpoint folder: step = {}; it is 0 or more", step), at);
  remove_unfinished();
  const bool best = loss < best_loss_;
  Checkpoint written = checkpoint;
  if (best || best_step_) {
    written.notes_["best_step"] = fmt::to_string(best ? step : *best_step_);
    written.notes_["best_loss"] = fmt::to_string(best ? loss : best_loss_);
  }
  save_checkpoint(path_of(step), written, at);
  unread_.erase(step);
  if (best) {
    best_step_ = step;
    best_loss_ = loss;
  }
  remove_all_but_kept(step);
}

std::optional<Checkpoint> CheckpointFolder::load_latest(std::vector<std::string>* damaged, Here at) {
  unread_.clear();
  auto left = steps();
  std::string newest;  // what is wrong with it
  for (; !left.empty(); left.pop_back()) {
    try {
      auto checkpoint = load_checkpoint(path_of(left.back()), at);
      if (checkpoint.has("best_step")) {
        const double loss = checkpoint.real("best_loss", at);
        best_step_ = checkpoint.integer("best_step", at);
        best_loss_ = loss;
      }
      return checkpoint;
    } catch (const IoError& error) {
      unread_.insert(left.back());
      if (damaged) damaged->push_back(error.what());
      if (newest.empty()) newest = error.what();
    }
  }
  if (!newest.empty())
    throw IoError(
        fmt::format("checkpoint folder: {} holds none that can be read; the last: {}", path_, newest));
  return {};
}

std::optional<Checkpoint> CheckpointFolder::load_best(Here at) const {
  if (!best_step_) return {};
  return load_checkpoint(path_of(*best_step_), at);
}

/// What writes that were killed have left.
void CheckpointFolder::remove_unfinished() const {
  for (const auto& name : names_in(path_, {}))
    if (name.starts_with(prefix) && name.ends_with(".tmp")) remove(path_ + '/' + name);
}

void CheckpointFolder::remove_all_but_kept(index_t latest) const {
  index_t kept = 0;
  const auto all = steps();
  for (auto step = all.rbegin(); step != all.rend(); ++step) {
    if (unread_.contains(*step)) continue;
    const bool last = *step <= latest && kept++ < keep_;
    if (!last && *step != best_step_) remove(path_of(*step));
  }
}

}  // namespace xtape::nn
