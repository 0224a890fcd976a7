// Lesson: what the programs of the tutorial share: their options, their pictures, and the claims that a run
// checks.
#pragma once

#include <string>
#include <string_view>

struct Bound {
  bool upper;
  double value;
};

constexpr Bound at_most(double value) { return {true, value}; }
constexpr Bound at_least(double value) { return {false, value}; }

class Lesson {
 public:
  /// Reads the options: --short for a run of seconds, --text FILE to learn from a text of one's own,
  /// --pictures FOLDER to write pictures. Anything else prints them and ends the program.
  Lesson(int argc, char** argv);

  bool is_short() const { return short_; }
  /// What --text names, or the built-in tales.
  const std::string& text() const { return text_; }

  /// Writes FOLDER/name.svg where --pictures was given. Throws IoError where it cannot be written.
  void picture(std::string_view name, const std::string& svg) const;

  /// Prints the claim, what was measured, its bound, and whether it holds.
  void claim(std::string_view what, double measured, Bound bound);
  void claim(std::string_view what, bool holds);

  /// What main returns: 0 where every claim held, 1 where not.
  int result() const { return failed_ ? 1 : 0; }

 private:
  bool short_ = false;
  bool failed_ = false;
  std::string text_;
  std::string pictures_;
};
