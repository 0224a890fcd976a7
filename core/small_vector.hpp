// A vector that keeps the first few elements inside itself: shapes, axes and the inputs of most nodes need no
// heap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>

namespace xtape {

/// The part of std::vector that the library needs; the first N elements live inside the object. T has a
/// default value, which stands where an element that owns something is gone.
template <class T, std::size_t N>
class SmallVector {
  static constexpr bool plain = std::is_trivially_copyable_v<T>;

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  SmallVector() = default;
  explicit SmallVector(std::size_t count, T value = T{}) { resize(count, value); }
  SmallVector(std::initializer_list<T> values) { assign(values.begin(), values.end()); }
  template <std::input_iterator Iterator>
  SmallVector(Iterator first, Iterator last) {
    assign(first, last);
  }
  SmallVector(const SmallVector& other) { copy(other); }
  SmallVector(SmallVector&& other) noexcept { steal(other); }
  SmallVector& operator=(const SmallVector& other) {
    if (this != &other) {
      clear();
      copy(other);
    }
    return *this;
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      clear();
      release();
      steal(other);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }

  void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }
  void push_back(T value) {
    reserve(size_ + 1);
    data_[size_++] = std::move(value);
  }
  void pop_back() { data_[--size_] = T{}; }
  void insert(std::size_t position, T value) {
    push_back(std::move(value));
    std::rotate(begin() + position, end() - 1, end());
  }
  void erase(std::size_t position) {
    std::move(begin() + position + 1, end(), begin() + position);
    pop_back();
  }
  void resize(std::size_t count, T value = T{}) {
    static_assert(plain);
    reserve(count);
    for (std::size_t i = size_; i < count; ++i) data_[i] = value;
    size_ = static_cast<std::uint32_t>(count);
  }
  void clear() {
    if constexpr (!plain)
      for (T& element : *this) element = T{};
    size_ = 0;
  }

  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)  // no call of memcmp for a few elements
      if (!(a.data_[i] == b.data_[i])) return false;
    return true;
  }

 private:
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    for (; first != last; ++first) push_back(static_cast<T>(*first));
  }
  /// Expects an empty vector.
  void copy(const SmallVector& other) {
    if constexpr (plain)
      if (other.data_ == other.inside_ && data_ == inside_) {
        copy_inside(other);
        size_ = other.size_;
        return;
      }
    assign(other.begin(), other.end());
  }
  void copy_inside(const SmallVector& other) {
    for (std::size_t i = 0; i < N; ++i) inside_[i] = other.inside_[i];  // all: no call of memcpy for a few
  }
  void grow(std::size_t count) {
    const std::size_t grown = std::max(count, std::size_t{2} * capacity_);
    T* data = new T[grown]{};
    if constexpr (plain)
      std::memcpy(data, data_, size_ * sizeof(T));
    else
      std::move(begin(), end(), data);
    release();
    data_ = data;
    capacity_ = static_cast<std::uint32_t>(grown);
  }
  void release() {
    if (data_ == inside_) return;
    delete[] data_;
    data_ = inside_;
    capacity_ = N;
  }
  void steal(SmallVector& other) {
    if (other.data_ != other.inside_) {
      data_ = std::exchange(other.data_, other.inside_);
      capacity_ = std::exchange(other.capacity_, static_cast<std::uint32_t>(N));
    } else if constexpr (plain) {
      copy_inside(other);
    } else {
      std::move(other.begin(), other.end(), inside_);
    }
    size_ = std::exchange(other.size_, 0U);
  }

  T* data_ = inside_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = N;
  T inside_[N]{};
};

}  // namespace xtape
