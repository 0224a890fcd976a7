// What benchmarks have in common as programs: errors are told, figures go to a file.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bench {

using Json = nlohmann::ordered_json;

/// What this build or this processor cannot do: the program ends with status 77, which says "skipped".
struct NotHere : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// All that main() does: reads the options, which define(app) names, and writes the figures that run()
/// returns to the file of --json.
template <class Define, class Run>
int run_program(int argc, char** argv, const char* description, Define define, Run run) {
  CLI::App app(description);
  std::string file;
  app.add_option("--json", file, "Write the figures to this file, too");
  try {
    define(app);
    app.parse(argc, argv);
    const Json figures = run();
    if (!file.empty()) std::ofstream(file) << figures.dump(2) << '\n';
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[0], error.what());
    return dynamic_cast<const NotHere*>(&error) ? 77 : 1;
  }
}

}  // namespace bench
