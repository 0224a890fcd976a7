// Files as the library reads and writes them: descriptors that close themselves, and errors with the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <xtape/core/here.hpp>
#include <xtape/nn/io/malformed_impl.hpp>

namespace xtape::nn {

/// Whether there is something at a path, and whether it is a folder; false where that cannot be told.
bool exists(const std::string& path);
bool is_folder(const std::string& path);

/// A regular file, open for reading. `op` is what errors begin with.
class InputFile {
 public:
  /// Throws IoError where there is no such file or it is none that can be read from end to end.
  InputFile(const char* op, const std::string& path, Here at);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::uint64_t size() const { return size_; }
  /// Reads `count` bytes that start at `offset`. Throws IoError where the file ends before.
  void read(void* to, std::size_t count, std::uint64_t offset) const;
  /// The whole file. Throws IoError where it is longer than `longest`.
  std::string text(std::uint64_t longest = 1 << 26) const;
  /// The whole file, mapped read-only for as long as a copy of the pointer lives; null where it is empty. A
  /// file that takes this one's name meanwhile changes nothing. One that is written in place does, and where
  /// it is cut short, reading what is gone ends the process by SIGBUS.
  std::shared_ptr<const std::byte> map() const;
  /// Throws IoError: "op: path: message".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  const char* op_;
  std::string path_;
  Here at_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// What f gives; what it finds malformed is an error of the file.
template <class F>
auto reading(const InputFile& file, F f) {
  try {
    return f();
  } catch (const Malformed& malformed) {
    file.fail(malformed.what());
  }
}

/// A file that appears under its name only when it is complete: written beside it, put on disk, renamed.
class OutputFile {
 public:
  OutputFile(const char* op, const std::string& path, Here at);
  /// Removes what was written, unless commit() ran.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* from, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Puts the file on disk and gives it its name. Throws IoError, and then leaves what had the name before,
  /// unless it is the folder that cannot be put on disk.
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;

  const char* op_;
  std::string path_;
  std::string temporary_;
  Here at_;
  int descriptor_ = -1;
};

}  // namespace xtape::nn
