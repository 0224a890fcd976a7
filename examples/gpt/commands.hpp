// What the program can do: each function adds a command, which runs once the command line was read.
#pragma once

namespace CLI {
class App;
}

void add_train(CLI::App& app);
void add_eval(CLI::App& app);
void add_sample(CLI::App& app);
void add_chat(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_info(CLI::App& app);
