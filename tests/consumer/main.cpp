// The smallest program that uses the installed package.
#include <xtape/core/parallel.hpp>

int main() { return xtape::block_count(10, 4) == 3 ? 0 : 1; }
