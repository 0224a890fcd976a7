// The formula in another file of the program, which may be compiled for another processor.
#include "formula.hpp"

bool formula_is_right_elsewhere() { return formula_is_right("the other file"); }
