// Memory that a thread keeps for itself: used again, bounded, given back.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <new>
#include <thread>
#include <vector>

#include <xtape/core/thread_blocks_impl.hpp>

using namespace xtape;

namespace {

std::atomic<int> out{0};  // blocks that came from the source and did not go back

template <int>
struct Counted {
  static void* allocate(std::size_t bytes) {
    ++out;
    return ::operator new(bytes);
  }
  static void deallocate(void* block, std::size_t) noexcept {
    --out;
    ::operator delete(block);
  }
};

/// Takes `count` blocks and drops them all.
template <class Blocks>
void use(int count, std::size_t bytes) {
  std::vector<void*> taken;
  for (int i = 0; i < count; ++i) taken.push_back(Blocks::allocate(bytes));
  for (void* block : taken) Blocks::deallocate(block, bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(thread_blocks)

BOOST_AUTO_TEST_CASE(a_dropped_block_serves_again) {
  using Blocks = ThreadBlocks<Counted<0>>;
  void* const block = Blocks::allocate(64);
  BOOST_TEST(out == 1);
  Blocks::deallocate(block, 64);
  BOOST_TEST(out == (keeps_blocks ? 1 : 0));  // under AddressSanitizer nothing is kept
  use<Blocks>(1, 64);
  BOOST_TEST(out == (keeps_blocks ? 1 : 0));
  use<Blocks>(1, 80);  // a size has blocks of its own
  BOOST_TEST(out == (keeps_blocks ? 2 : 0));
  Blocks::release();
  BOOST_TEST(out == 0);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
  using Blocks = ThreadBlocks<Counted<1>>;
  use<Blocks>(10'000, 1024);
  BOOST_TEST(out == (keeps_blocks ? 4096 : 0));
  use<Blocks>(10'000, 16);  // no room is left
  BOOST_TEST(out == (keeps_blocks ? 4096 : 0));
  Blocks::release();
  BOOST_TEST(out == 0);
  use<Blocks>(10, 1040);  // too large to be kept
  BOOST_TEST(out == 0);
}

BOOST_AUTO_TEST_CASE(a_thread_gives_all_back_when_it_ends) {
  using Blocks = ThreadBlocks<Counted<2>>;
  void* made_there = nullptr;
  std::thread([&] {
    use<Blocks>(100, 48);
    made_there = Blocks::allocate(48);
  }).join();
  BOOST_TEST(out == 1);
  Blocks::deallocate(made_there, 48);
  Blocks::release();
  BOOST_TEST(out == 0);
}

BOOST_AUTO_TEST_CASE(what_is_dropped_after_that_is_not_kept) {
  using Blocks = ThreadBlocks<Counted<3>>;
  struct Late {
    void* block = nullptr;
    ~Late() {
      if (block) Blocks::deallocate(block, 32);
    }
  };
  std::thread([] {
    static thread_local Late late;  // destroyed after the lists, which are opened later
    late.block = Blocks::allocate(32);
    use<Blocks>(1, 32);
  }).join();
  BOOST_TEST(out == 0);
}

BOOST_AUTO_TEST_SUITE_END()
