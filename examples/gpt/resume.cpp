// Options of a run that goes on, compared.
#include "resume.hpp"

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace {

/// The data may have moved, and the tokenizer is in the checkpoint.
const std::set<std::string> free_to_change = {"data", "val-data",      "tokenizer",  "vocab-size",
                                              "out",  "eval-interval", "eval-iters", "resume",
                                              "keep", "threads"};

std::map<std::string, std::string> parse(const std::string& options) {
  std::map<std::string, std::string> values;
  std::istringstream lines(options);
  for (std::string line; std::getline(lines, line);)
    if (const auto equals = line.find('='); equals != std::string::npos)
      values[line.substr(0, equals)] = line.substr(equals + 1);
  return values;
}

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

/// 1e-3 is 0.001.
bool same(const std::string& a, const std::string& b) {
  return a == b || (number_in(a) && number_in(a) == number_in(b));
}

}  // namespace

void check_options(const std::string& now, const std::string& before) {
  const auto old = parse(before);
  for (const auto& [name, value] : parse(now)) {
    const auto was = old.find(name);
    if (was == old.end() || free_to_change.contains(name) || same(value, was->second)) continue;
    if (name != "max-iters")
      throw xtape::ValueError(
          fmt::format("--resume: --{} is {}, but was {}; go on with what it was, or begin "
                      "anew without --resume",
                      name, value, was->second));
    fmt::print("--max-iters is {}, but was {}: the learning rate follows another curve\n", value,
               was->second);
  }
}
