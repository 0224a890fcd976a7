// A vector that keeps the first few elements inside itself: shapes, axes and the inputs of most nodes need no
// heap.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace xtape {

/// The part of std::vector that the library needs; up to N elements live inside the object.
template <class T, std::size_t N>
class SmallVector {
  static constexpr bool plain = std::is_trivially_copyable_v<T>;
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  SmallVector() = default;
  explicit SmallVector(std::size_t count, T value = T{}) { resize(count, value); }
  SmallVector(std::initializer_list<T> values) : SmallVector(values.begin(), values.end()) {}
  template <std::input_iterator Iterator>
  SmallVector(Iterator first, Iterator last) : SmallVector() {
    for (; first != last; ++first) push_back(static_cast<T>(*first));
  }
  SmallVector(const SmallVector& other) : SmallVector() {
    if (plain && other.is_inside())
      copy_bits(other);
    else
      append(other);
  }
  SmallVector(SmallVector&& other) noexcept { steal(other); }
  SmallVector& operator=(const SmallVector& other) {
    if (this == &other) return *this;
    if (plain && is_inside() && other.is_inside()) {
      copy_bits(other);
      return *this;
    }
    return *this = SmallVector(other);
  }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this == &other) return *this;
    if constexpr (plain) {
      release();
      steal(other);
    } else {
      const SmallVector gone(std::move(*this));  // may own what owns other
      steal(other);
    }
    return *this;
  }
  ~SmallVector() { release(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return is_inside() ? place_.inside : place_.outside; }
  const T* data() const { return is_inside() ? place_.inside : place_.outside; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T& back() { return data()[size_ - 1]; }
  const T& back() const { return data()[size_ - 1]; }

  void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }
  void push_back(T value) { emplace_back(std::move(value)); }
  /// Makes an element at the end; its arguments may not refer to one of the others.
  template <class... A>
  void emplace_back(A&&... arguments) {
    if (size_ == capacity_) grow(size_ + std::size_t{1});
    std::construct_at(data() + size_, std::forward<A>(arguments)...);
    ++size_;
  }
  void pop_back() { std::destroy_at(data() + --size_); }
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
    std::fill(data() + std::min<std::size_t>(size_, count), data() + count, value);
    size_ = static_cast<std::uint32_t>(count);
  }
  void clear() { std::destroy_n(data(), std::exchange(size_, 0U)); }

  friend bool operator==(const SmallVector& a, const SmallVector& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)  // no call of memcmp for a few elements
      if (!(a[i] == b[i])) return false;
    return true;
  }

 private:
  bool is_inside() const { return capacity_ == N; }

  [[gnu::noinline]] void append(const SmallVector& other) {  // rare: what callers inline stays short
    reserve(size_ + other.size_);
    for (const T& element : other) push_back(element);
  }
  void copy_bits(const SmallVector& other) {
    std::memcpy(static_cast<void*>(&place_), &other.place_, sizeof(Place));  // all of it: a size known here
    size_ = other.size_;
    capacity_ = other.capacity_;
  }
  void grow(std::size_t count) {
    const std::size_t grown = std::max(count, std::size_t{2} * capacity_);
    T* const elements = static_cast<T*>(::operator new(grown * sizeof(T)));
    std::uninitialized_move_n(data(), size_, elements);
    const std::uint32_t size = size_;
    release();
    place_.outside = elements;
    size_ = size;
    capacity_ = static_cast<std::uint32_t>(grown);
  }
  /// Ends the elements and frees their memory; what the vector holds then is for the caller to say.
  void release() {
    clear();
    if (!is_inside()) ::operator delete(place_.outside);
  }
  /// Expects that nothing here has to be released.
  void steal(SmallVector& other) {
    if (plain || !other.is_inside()) {
      copy_bits(other);
    } else {
      std::uninitialized_move_n(other.place_.inside, other.size_, place_.inside);
      std::destroy_n(other.place_.inside, other.size_);
      size_ = other.size_;
      capacity_ = N;
    }
    other.size_ = 0;
    other.capacity_ = N;
  }

  union Place {
    Place() {}
    ~Place() {}
    T inside[N];
    T* outside;
  };

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = N;  // more than N where the elements are outside
  Place place_;
};

}  // namespace xtape
