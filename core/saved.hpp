// What a gradient function keeps of its op's inputs.
#pragma once

#include <cstdint>
#include <utility>

#include <xtape/core/tensor.hpp>

namespace xtape {

namespace detail {

class SavedLog;
extern constinit thread_local std::size_t saved_bytes_here;
extern constinit thread_local SavedLog* saved_log_here;

/// Adds to the log that a checkpoint keeps of this thread's ops.
void log_saved(const ArrayBase& x, const char* name);
/// Notes that the op being recorded keeps x, which takes `bytes`.
inline void note_saved(const ArrayBase& x, const char* name, std::size_t bytes) {
  saved_bytes_here += bytes;
  if (saved_log_here) log_saved(x, name);
}
/// What was noted since the last call.
inline std::size_t take_saved_bytes() { return std::exchange(saved_bytes_here, 0); }
/// Throws GraphError that names the op whose gradient runs, the input and its shape.
[[noreturn]] void raise_changed(const char* name, const Shape& shape);
/// Throws GraphError for a read of what saved() did not keep.
[[noreturn]] void raise_not_kept(const char* name);

}  // namespace detail

/// A tensor or buffer kept for a gradient function, with the version its values had; nothing where no op is
/// recorded, because such a function is dropped at once.
template <class X>
class Saved {
 public:
  /// Keeps nothing.
  Saved() = default;
  Saved(const X& x, const char* name) : kept_(grad_enabled()), name_(name), x_(kept_ ? x : X()) {
    if (!kept_) return;
    if (x.storage()) version_ = x.storage()->version();
    detail::note_saved(x, name, static_cast<std::size_t>(x.size()) * sizeof(typename X::value_type));
  }

  /// What was kept. Throws GraphError where the values were changed meanwhile, and where nothing was kept.
  const X& operator()() const {
    if (!kept_) detail::raise_not_kept(name_);
    if (x_.storage() && x_.storage()->version() != version_) detail::raise_changed(name_, x_.shape());
    return x_;
  }

 private:
  bool kept_ = false;
  std::uint32_t version_ = 0;
  const char* name_ = "nothing";
  X x_;
};

/// Keeps x for a gradient function, the only way to: [b = saved(b, "b")](const auto& gy) { return gy * b();
/// }. `name` is what errors call the input: a string literal.
template <class X>
Saved<X> saved(const X& x, const char* name) {
  return Saved<X>(x, name);
}

}  // namespace xtape
