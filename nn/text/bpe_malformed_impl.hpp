// What is wrong with a vocabulary or its files.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace xtape::nn::bpe {

struct Malformed : std::runtime_error {
  using runtime_error::runtime_error;
};

template <class... A>
[[noreturn]] void fail(fmt::format_string<A...> format, A&&... arguments) {
  throw Malformed(fmt::format(format, std::forward<A>(arguments)...));
}

/// How messages show a text: quoted, with escapes, and cut where it is long.
std::string shown(std::string_view text);

}  // namespace xtape::nn::bpe
