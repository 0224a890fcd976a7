// A kernel's own memory, from the buffer pool, for as long as a scope lasts.
#pragma once

#include <cstddef>

#include <xtape/core/index.hpp>
#include <xtape/core/pool_impl.hpp>

namespace xtape::kernels {

/// n uninitialised elements.
template <class T>
class Workspace {
 public:
  explicit Workspace(index_t n) : bytes_(static_cast<std::size_t>(n) * sizeof(T)) {
    if (n > 0) data_ = static_cast<T*>(pool::allocate(bytes_));
  }
  ~Workspace() {
    if (data_ != nullptr) pool::deallocate(data_, bytes_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace xtape::kernels
