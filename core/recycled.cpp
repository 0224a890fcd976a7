// Memory of nodes and gradient functions: small blocks of the system's, kept by threads.
#include <xtape/core/recycled.hpp>

#include <xtape/core/thread_blocks_impl.hpp>

namespace xtape {

namespace {

/// Under AddressSanitizer blocks keep their exact size.
std::size_t size_of_block(std::size_t bytes) { return keeps_blocks ? round_to_step(bytes) : bytes; }

}  // namespace

void* Recycled::operator new(std::size_t bytes) { return SystemBlocks::allocate(size_of_block(bytes)); }

void Recycled::operator delete(void* block, std::size_t bytes) noexcept {
  SystemBlocks::deallocate(block, size_of_block(bytes));
}

}  // namespace xtape
