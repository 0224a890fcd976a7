// What a run that goes on has in common with the one before.
#pragma once

#include <string>

/// Refuses options that would make another run of it: all but those of files, of evaluation and of the
/// machine; says where the number of steps has changed. Throws ValueError.
void check_options(const std::string& now, const std::string& before);
