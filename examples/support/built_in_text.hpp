// The texts of data/, compiled in; examples/CMakeLists.txt names the file of each.
#pragma once

#include <string_view>

extern const std::string_view built_in_text;  // tales.txt: what a program learns from where no other is given
extern const std::string_view built_in_questions;  // questions.txt: about the tales, with their answers
