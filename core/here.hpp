// The place in a user's source where an op was called.
#pragma once

namespace xtape {

/// File and line of a call. Functions take `Here at = Here::now()` last, so that errors name the caller.
struct Here {
  const char* file = nullptr;
  long line = 0;  // as wide as the pointer: what is passed on at every call has no padding

  static constexpr Here now(const char* file = __builtin_FILE(), long line = __builtin_LINE()) {
    return {file, line};
  }
};

/// The name of an op together with the place of its call, for functions whose last parameters are a pack.
/// The name is kept by pointer: a string literal.
struct OpName {
  const char* text;
  Here at;

  template <unsigned long N>
  constexpr OpName(const char (&literal)[N], Here place = Here::now()) : text(literal), at(place) {}
};

}  // namespace xtape
