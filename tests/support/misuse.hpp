// Tables of misuse: calls that must throw, each with its whole message.
#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

#include <xtape/core/error.hpp>

#include "tests/support/errors.hpp"

namespace xtape::test {

/// A call, and what it must say, without the place of the call.
struct Misuse {
  std::function<void()> call;
  std::string message;
};

/// Fails for each row that throws no Error, says something else, or does not name a line of `file`.
inline void check_misuses(const std::vector<Misuse>& table, const char* path = __builtin_FILE()) {
  const std::string here = place(path);
  for (const Misuse& row : table) {
    std::string thrown = "nothing";
    try {
      row.call();
    } catch (const Error& error) {
      thrown = error.what();
    } catch (const std::exception& error) {
      thrown = std::string("not an Error: ") + error.what();
    }
    const std::size_t at = thrown.find(here);
    BOOST_CHECK_MESSAGE(at != std::string::npos, "no place in " << path << ": " << thrown);
    if (at != std::string::npos)
      thrown.erase(at, thrown.find_first_not_of("0123456789", at + here.size()) - at);
    BOOST_CHECK_EQUAL(thrown, row.message);
  }
}

}  // namespace xtape::test
