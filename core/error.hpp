// Errors: what a user's mistake throws, in every build type.
#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include <xtape/core/here.hpp>

namespace xtape {

/// Base of all errors. what() reads `op: what is wrong, with shapes and values`, a remedy where one is known,
/// then the place of the user's call and the module it happened in.
class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

  /// Appends what was going on outside: an engine that passes an error on says for which op.
  void add_note(const std::string& note) { message_ += note; }

 private:
  std::string message_;
};

/// Shapes, ranks or axes that do not fit the op.
class ShapeError : public Error {
  using Error::Error;
};
/// An index outside its range.
class IndexError : public Error {
  using Error::Error;
};
/// A value outside its domain: probabilities, counts, options that contradict each other.
class ValueError : public Error {
  using Error::Error;
};
/// A graph that cannot be walked: no gradient, walked already, a value changed since it was kept.
class GraphError : public Error {
  using Error::Error;
};
/// A file that cannot be read or written, or whose content is not what it claims.
class IoError : public Error {
  using Error::Error;
};

/// Returns message + ", at model.cpp:42" + ", in h.3.attn": the place is that of the outermost CallSite
/// on this thread where there is one, else `at`.
std::string with_place(std::string message, Here at);

/// Throws E with the place of the call appended.
template <class E>
[[noreturn]] void raise(std::string message, Here at) {
  static_assert(std::is_base_of_v<Error, E>);
  throw E(with_place(std::move(message), at));
}

}  // namespace xtape
