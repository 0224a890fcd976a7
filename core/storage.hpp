// Storage: the bytes under tensors, shared by count, with a version that tells when they were written.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <xtape/core/ref.hpp>

namespace xtape {

/// A block of bytes that tensors share: its own (pooled, aligned to 64), or borrowed from an owner such as
/// a memory-mapped file (read-only: copied at the first write).
class Storage {
 public:
  /// Own memory for `bytes` bytes, contents undefined. Throws std::bad_alloc.
  static Ref<Storage> allocate(std::size_t bytes);

  /// Memory that `owner` keeps alive. It is copied at once where data is not a multiple of `alignment`.
  static Ref<Storage> borrow(const void* data, std::size_t bytes, std::size_t alignment,
                             std::shared_ptr<const void> owner);

  const void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

  /// For the writer of fresh memory only; what tensors share is written through begin_write().
  void* fresh_data() { return data_; }

  /// Starts a write to shared memory: counts a new version, and first copies what is borrowed.
  void* begin_write();

  /// How many writes there have been since the storage was made.
  std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }

  /// True where exactly one handle holds this storage and the memory is its own.
  bool unshared() const { return references_.is_one() && !borrowed_; }

  void retain() { references_.add(); }
  void release() {
    if (references_.drop()) destroy();
  }

 private:
  Storage(std::size_t block_bytes, std::size_t bytes) : bytes_(bytes), block_bytes_(block_bytes) {}
  void destroy();

  ShareCount references_;
  std::atomic<std::uint32_t> version_{0};
  void* data_ = nullptr;
  std::size_t bytes_;
  std::size_t block_bytes_;            // of the pool block that starts with this object
  std::shared_ptr<const void> owner_;  // keeps what is behind data_ where that is not the block
  bool borrowed_ = false;
};

}  // namespace xtape
