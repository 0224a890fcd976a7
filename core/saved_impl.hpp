// A list of what the ops of a checkpoint keep.
#pragma once

#include <vector>

#include <xtape/core/saved.hpp>

namespace xtape::detail {

/// Collects what the ops recorded on this thread keep, until close().
class SavedLog {
 public:
  SavedLog();
  ~SavedLog();
  SavedLog(const SavedLog&) = delete;
  SavedLog& operator=(const SavedLog&) = delete;

  void add(const ArrayBase& x, const char* name);
  /// Stops collecting and lets go of what nobody else holds: values on the way to the result y, and y.
  void close(const ArrayBase& y);
  /// Throws GraphError where a value was written since.
  void check_unchanged() const;

 private:
  struct Entry {
    ArrayBase x;
    const char* name;
    std::uint32_t version;
  };

  SavedLog* outer_;
  bool open_ = true;
  std::vector<Entry> entries_;
};

}  // namespace xtape::detail
