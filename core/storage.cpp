// Storage: one pool block holds the header and, 64 bytes on, the elements.
#include <xtape/core/pool_impl.hpp>
#include <xtape/core/storage.hpp>

#include <cstring>
#include <new>

namespace xtape {

namespace {
constexpr std::size_t header = pool::alignment;

/// What was borrowed and written since: arrays that xtensor adapted before may still read the original.
struct Copied {
  Ref<Storage> copy;
  std::shared_ptr<const void> original;
};
}  // namespace

Ref<Storage> Storage::allocate(std::size_t bytes) {
  static_assert(sizeof(Storage) <= header);
  std::size_t block_bytes = header + bytes;
  if (block_bytes < bytes) throw std::bad_alloc();
  void* block = pool::allocate(block_bytes);
  auto* storage = new (block) Storage(block_bytes, bytes);
  storage->data_ = static_cast<std::byte*>(block) + header;
  return Ref<Storage>(storage);
}

Ref<Storage> Storage::borrow(const void* data, std::size_t bytes, std::size_t alignment,
                             std::shared_ptr<const void> owner) {
  if (reinterpret_cast<std::uintptr_t>(data) % alignment != 0) {
    auto copy = allocate(bytes);
    std::memcpy(copy->data_, data, bytes);
    return copy;
  }
  auto storage = allocate(0);
  storage->owner_ = std::move(owner);
  storage->data_ = const_cast<void*>(data);
  storage->bytes_ = bytes;
  storage->borrowed_ = true;
  return storage;
}

void* Storage::begin_write() {
  if (borrowed_) {
    auto copy = allocate(bytes_);
    std::memcpy(copy->data_, data_, bytes_);
    auto kept = std::make_shared<Copied>(Copied{copy, owner_});
    data_ = copy->data_;
    owner_ = std::move(kept);
    borrowed_ = false;
  }
  version_.fetch_add(1, std::memory_order_relaxed);
  return data_;
}

void Storage::destroy() {
  const std::size_t block_bytes = block_bytes_;
  this->~Storage();
  pool::deallocate(this, block_bytes);
}

}  // namespace xtape
