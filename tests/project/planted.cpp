// One fault of each kind that the sanitizers are there for: planted overflow|leak|undefined|race.
#include <atomic>
#include <limits>
#include <string>
#include <thread>

#include <xtape/core/array.hpp>
#include <xtape/core/parallel.hpp>

namespace {

// Writes one float past a buffer whose size is no multiple of anything.
void overflow() {
  auto buffer = xtape::uninitialized<float>({5});
  float* volatile end = buffer.data() + 5;
  *end = 1;
}

void leak() {
  auto* volatile lost = new xtape::Buffer<float>(xtape::uninitialized<float>({5}));
  lost = nullptr;
}

void undefined() {
  volatile int largest = std::numeric_limits<int>::max();
  largest = largest + 1;
}

// Two blocks that run at the same time write one number, often: the sanitizer may miss writes of one instant.
void race() {
  xtape::set_num_threads(2);
  std::atomic<int> arrived{0};
  volatile int last = 0;
  xtape::parallel_for(2, 1, [&](xtape::index_t begin, xtape::index_t) {
    arrived.fetch_add(1, std::memory_order_relaxed);
    while (arrived.load(std::memory_order_relaxed) < 2) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) last = static_cast<int>(begin);
  });
}

}  // namespace

int main(int count, char** arguments) {
  const std::string fault = count > 1 ? arguments[1] : "";
  if (fault == "overflow") overflow();
  if (fault == "leak") leak();
  if (fault == "undefined") undefined();
  if (fault == "race") race();
}
