// Memory of nodes and gradient functions: small blocks of the system's, kept by threads.
#include <xtape/core/recycled.hpp>

#include <xtape/core/thread_blocks_impl.hpp>

namespace xtape {

void* Recycled::operator new(std::size_t bytes) { return SystemBlocks::allocate(round_to_step(bytes)); }

void Recycled::operator delete(void* block, std::size_t bytes) noexcept {
  SystemBlocks::deallocate(block, round_to_step(bytes));
}

}  // namespace xtape
