// The text that the program trains on where no other is given: data/tales.txt, compiled in.
#pragma once

#include <string_view>

extern const std::string_view built_in_text;
