// What is wrong with a file, said without its name.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace xtape::nn {

/// Thrown by what parses bytes of a file; whoever knows the file makes an IoError of it.
struct Malformed : std::runtime_error {
  using runtime_error::runtime_error;
};

template <class... A>
[[noreturn]] void fail(fmt::format_string<A...> format, A&&... arguments) {
  throw Malformed(fmt::format(format, std::forward<A>(arguments)...));
}

/// What f gives; what it finds malformed is said of `name`.
template <class F>
auto naming(std::string_view name, F f) {
  try {
    return f();
  } catch (const Malformed& malformed) {
    fail("{}: {}", name, malformed.what());
  }
}

/// How messages show a text: quoted, with escapes, and cut where it is long.
std::string shown(std::string_view text);

}  // namespace xtape::nn
