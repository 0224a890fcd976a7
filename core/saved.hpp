// What a gradient function keeps of its op's inputs.
#pragma once

#include <cstdint>
#include <utility>

#include <xtape/core/tensor.hpp>

namespace xtape {

namespace detail {

/// Notes that the op being recorded keeps x, which takes `bytes`.
void note_saved(const ArrayBase& x, const char* name, std::size_t bytes);
/// What was noted since the last call.
std::size_t take_saved_bytes();
/// Throws GraphError that names the op whose gradient runs, the input and its shape.
[[noreturn]] void raise_changed(const char* name, const Shape& shape);

}  // namespace detail

/// A tensor or buffer kept for a gradient function, with the version its values had.
template <class X>
class Saved {
 public:
  Saved(const X& x, const char* name)
      : x_(x), name_(name), version_(x.storage() ? x.storage()->version() : 0) {
    detail::note_saved(x, name, static_cast<std::size_t>(x.size()) * sizeof(typename X::value_type));
  }

  /// What was kept. Throws GraphError where the values were changed meanwhile.
  const X& operator()() const {
    if (x_.storage() && x_.storage()->version() != version_) detail::raise_changed(name_, x_.shape());
    return x_;
  }

 private:
  X x_;
  const char* name_;
  std::uint32_t version_;
};

/// Keeps x for a gradient function, the only way to: [b = saved(b, "b")](const auto& gy) { return gy * b();
/// }. `name` is what errors call the input: a string literal.
template <class X>
Saved<X> saved(const X& x, const char* name) {
  return Saved<X>(x, name);
}

}  // namespace xtape
