// The smallest program that links the installed library.
#include <xtape/core/parallel.hpp>

int main() { return xtape::num_threads() > 0 ? 0 : 1; }
