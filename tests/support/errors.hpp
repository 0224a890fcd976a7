// What an expression throws, as text, so that tests can compare whole messages.
#pragma once

#include <boost/test/unit_test.hpp>

#include <string>

#include <xtape/core/error.hpp>

namespace xtape::test {

/// The message of the E that f throws; fails the test where it throws nothing or something else.
template <class E, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    BOOST_ERROR("another exception: " << error.what());
    return {};
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

/// The message without the place of the call, ", at file.cpp:12" and what follows.
template <class E, class F>
std::string text_of(F f) {
  const std::string message = message_of<E>(f);
  return message.substr(0, message.find(", at "));
}

/// ", at FILE:" and ", at FILE:LINE", for a file's base name.
inline std::string place(const std::string& file) {
  return ", at " + file.substr(file.find_last_of('/') + 1) + ":";
}
inline std::string place(const std::string& file, int line) { return place(file) + std::to_string(line); }

}  // namespace xtape::test
