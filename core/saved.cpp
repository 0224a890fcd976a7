// What gradient functions keep: how much it is, and whether it was written since.
#include <xtape/core/saved_impl.hpp>

#include <xtape/core/error.hpp>
#include <xtape/core/walk_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace xtape::detail {

constinit thread_local std::size_t saved_bytes_here = 0;
constinit thread_local SavedLog* saved_log_here = nullptr;

void log_saved(const ArrayBase& x, const char* name) { saved_log_here->add(x, name); }

void raise_changed(const char* name, const Shape& shape) {
  raise<GraphError>(
      fmt::format("{}: its gradient needs the value that {} {} had, but it was written since; run "
                  "backward before writing, or give the op a clone()",
                  running_op(), name, to_string(shape)),
      {});
}

void raise_not_kept(const char* name) {
  raise<GraphError>(fmt::format("saved: {} was not kept, because no op was recorded; read it in a gradient "
                                "function that wrt() was given outside of NoGrad",
                                name),
                    {});
}

SavedLog::SavedLog() : outer_(std::exchange(saved_log_here, this)) {}

SavedLog::~SavedLog() {
  if (open_) saved_log_here = outer_;
}

void SavedLog::add(const ArrayBase& x, const char* name) {
  if (x.storage()) entries_.push_back({x, name, x.storage()->version()});
}

void SavedLog::close(const ArrayBase& y) {
  saved_log_here = outer_;
  open_ = false;
  const auto key = [](const Entry& e) { return std::pair(e.x.storage().get(), e.version); };
  std::stable_sort(entries_.begin(), entries_.end(),
                   [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
  const auto same = [&](const Entry& a, const Entry& b) { return key(a) == key(b); };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
  std::erase_if(entries_,
                [&](const Entry& e) { return e.x.storage() == y.storage() || e.x.storage()->unshared(); });
  if (outer_)
    for (const auto& entry : entries_) outer_->entries_.push_back(entry);
}

void SavedLog::check_unchanged() const {
  for (const auto& [x, name, version] : entries_)
    if (x.storage()->version() != version) raise_changed(name, x.shape());
}

}  // namespace xtape::detail
