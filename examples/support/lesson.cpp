// Options, pictures and claims.
#include "support/lesson.hpp"

#include "support/built_in_text.hpp"

#include <xtape/core/error.hpp>
#include <xtape/nn/text/text.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

Lesson::Lesson(int argc, char** argv) : text_(built_in_text) {
  CLI::App app;
  std::string file;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whoever reads a pipe sees each line at once
  app.add_flag("--short", short_, "a run of seconds, with fewer steps");
  app.add_option("--text", file, "a UTF-8 text to learn from")->check(CLI::ExistingFile);
  app.add_option("--pictures", pictures_, "a folder to write pictures to");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  if (!file.empty()) text_ = xtape::nn::read_text(file);
}

void Lesson::picture(std::string_view name, const std::string& svg) const {
  if (pictures_.empty()) return;
  std::filesystem::create_directories(pictures_);
  const std::string path = fmt::format("{}/{}.svg", pictures_, name);
  if (!(std::ofstream(path) << svg << std::flush))
    throw xtape::IoError(fmt::format("{}: it cannot be written", path));
}

void Lesson::claim(std::string_view what, double measured, Bound bound) {
  const bool holds = bound.upper ? measured <= bound.value : measured >= bound.value;
  failed_ |= !holds;
  fmt::print("{}  {}: {:.4g} ({} {:.4g})\n", holds ? "holds" : "FAILS", what, measured,
             bound.upper ? "at most" : "at least", bound.value);
}

void Lesson::claim(std::string_view what, bool holds) {
  failed_ |= !holds;
  fmt::print("{}  {}\n", holds ? "holds" : "FAILS", what);
}
