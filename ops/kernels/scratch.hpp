// Working memory for one kernel call, from the engine's pool: no system call once the pool is warm.
#pragma once

#include <type_traits>
#include <utility>
#include <xtape/core/index.hpp>
#include <xtape/core/pool_impl.hpp>

namespace xtape::kernels {

/// n elements, contents undefined, aligned to 64 bytes; none for n = 0.
template <class E>
class Scratch {
  static_assert(std::is_trivially_copyable_v<E>);

 public:
  explicit Scratch(index_t n) : bytes_(static_cast<std::size_t>(n) * sizeof(E)) {
    if (n > 0) data_ = static_cast<E*>(pool::allocate(bytes_));
  }
  Scratch(Scratch&& other) noexcept : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_) {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Scratch() {
    if (data_) pool::deallocate(data_, bytes_);
  }

  E* data() { return data_; }
  E& operator[](index_t i) { return data_[i]; }

 private:
  E* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace xtape::kernels
