// Reading files, and writing them whole or not at all.
#include <xtape/nn/io/file_impl.hpp>

#include <xtape/core/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace xtape::nn {

namespace {

constexpr std::size_t largest_transfer = 1 << 30;  // some systems take no more than 2 GB at once

std::string folder_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A name of its own for each call, in this process and beside others.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> calls{0};
  return fmt::format("{}.{}.{}.tmp", path, getpid(), ++calls);
}

}  // namespace

bool exists(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0;
}

bool is_folder(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

InputFile::InputFile(const char* op, const std::string& path, Here at) : op_(op), path_(path), at_(at) {
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer would wait
  if (descriptor_ < 0) fail(std::strerror(errno));
  struct stat facts {};
  const bool known = fstat(descriptor_, &facts) == 0;
  if (!known || !S_ISREG(facts.st_mode)) {
    const std::string why = !known                   ? std::strerror(errno)
                            : S_ISDIR(facts.st_mode) ? "is a folder"
                                                     : "is not a regular file";
    close(descriptor_);
    fail(why);
  }
  size_ = static_cast<std::uint64_t>(facts.st_size);
}

InputFile::~InputFile() { close(descriptor_); }

void InputFile::read(void* to, std::size_t count, std::uint64_t offset) const {
  auto* out = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got =
        pread(descriptor_, out, std::min(count, largest_transfer), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(std::strerror(errno));
    if (got == 0) fail(fmt::format("the file ends at byte {}", offset));
    out += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

std::string InputFile::text(std::uint64_t longest) const {
  if (size_ > longest) fail(fmt::format("{} bytes; such a file has {} at most", size_, longest));
  std::string text(size_, '\0');
  read(text.data(), text.size(), 0);
  return text;
}

std::shared_ptr<const std::byte> InputFile::map() const {
  if (size_ == 0) return nullptr;
  void* const bytes = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  if (bytes == MAP_FAILED) fail(std::strerror(errno));
  const auto unmap = [size = size_](std::byte* mapped) { munmap(mapped, size); };
  return std::shared_ptr<std::byte>(static_cast<std::byte*>(bytes), unmap);
}

void InputFile::fail(const std::string& message) const {
  raise<IoError>(fmt::format("{}: {}: {}", op_, path_, message), at_);
}

OutputFile::OutputFile(const char* op, const std::string& path, Here at) : op_(op), path_(path), at_(at) {
  do {  // past what a killed process of the same number left: in a container, each may have the same
    temporary_ = temporary_name(path);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail("cannot be made");
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::write(const void* from, std::size_t count) {
  const auto* in = static_cast<const char*>(from);
  while (count > 0) {
    const ssize_t put = ::write(descriptor_, in, std::min(count, largest_transfer));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("cannot be written");
    in += put;
    count -= static_cast<std::size_t>(put);
  }
}

void OutputFile::commit() {
  if (fsync(descriptor_) != 0) fail("cannot be put on disk");
  if (close(std::exchange(descriptor_, -1)) != 0) fail("cannot be written");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot take its name");
  temporary_.clear();
  // The new name is safe once the folder is on disk too; where that cannot be asked for, it is left alone.
  const int folder = open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const int error = fsync(folder) == 0 ? 0 : errno;
  close(folder);
  if (error == 0 || error == EINVAL || error == ENOTSUP || error == EROFS) return;
  errno = error;
  fail("is written, but its folder cannot be put on disk");
}

void OutputFile::fail(const char* what) const {
  raise<IoError>(fmt::format("{}: {} {}: {}", op_, path_, what, std::strerror(errno)), at_);
}

}  // namespace xtape::nn
