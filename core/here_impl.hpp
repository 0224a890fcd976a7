// How places are written.
#pragma once

#include <string>

#include <xtape/core/here.hpp>

namespace xtape {

/// "model.cpp:42", the file without its folder; nothing for no place.
std::string to_string(Here at);

}  // namespace xtape
