// parallel_for: every index once, cuts by shape alone, threads that really share, exceptions, nested loops.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>

using namespace xtape;

namespace {

/// Sets the number of threads for one test.
class WithThreads {
 public:
  explicit WithThreads(int n) : before_(num_threads()) { set_num_threads(n); }
  ~WithThreads() { set_num_threads(before_); }

 private:
  int before_;
};

std::multiset<std::pair<index_t, index_t>> cuts(index_t n, index_t grain) {
  std::mutex mutex;
  std::multiset<std::pair<index_t, index_t>> result;
  parallel_for(n, grain, [&](index_t begin, index_t end) {
    const std::lock_guard lock(mutex);
    result.emplace(begin, end);
  });
  return result;
}

/// Holds each block until `wanted` threads have come, or for ten seconds.
class Meeting {
 public:
  explicit Meeting(int wanted) : wanted_(wanted) {}
  void wait() {
    ++come_;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (come_ < wanted_ && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }

 private:
  int wanted_;
  std::atomic<int> come_{0};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(every_block_once_and_cut_by_shape_alone) {
  for (const index_t n : {0, 1, 7, 64, 1000})
    for (const index_t grain : {1, 3, 64, 999, 1000, 5000}) {
      std::multiset<std::pair<index_t, index_t>> expected;
      for (index_t i = 0; i < n; i += grain) expected.emplace(i, std::min(n, i + grain));
      BOOST_TEST(static_cast<index_t>(expected.size()) == block_count(n, grain));
      for (const int threads : {1, 2, 4, 100}) {
        const WithThreads with(threads);
        BOOST_TEST((cuts(n, grain) == expected), "n " << n << " grain " << grain << " threads " << threads);
      }
    }
}

BOOST_AUTO_TEST_CASE(as_many_threads_as_asked_for_take_part) {
  for (const int threads : {1, 2, 4, 8}) {
    const WithThreads with(threads);
    BOOST_TEST(num_threads() == threads);
    Meeting meeting(threads);
    threads_seen();
    parallel_for(threads, 1, [&](index_t, index_t) { meeting.wait(); });
    BOOST_TEST(threads_seen() == threads);
    BOOST_TEST(threads_seen() == 0);
  }
}

BOOST_AUTO_TEST_CASE(helpers_that_fell_asleep_are_called_again) {
  const WithThreads with(3);
  for (int repeat = 0; repeat < 20; ++repeat) {
    Meeting meeting(3);
    threads_seen();
    parallel_for(3, 1, [&](index_t, index_t) { meeting.wait(); });
    BOOST_REQUIRE(threads_seen() == 3);
    std::this_thread::sleep_for(std::chrono::microseconds(100 * repeat));
  }
}

BOOST_AUTO_TEST_CASE(two_callers_have_a_helper_each) {
  const WithThreads with(3);
  for (int repeat = 0; repeat < 5; ++repeat) {
    Meeting meeting(4);
    threads_seen();
    const auto call = [&] { parallel_for(2, 1, [&](index_t, index_t) { meeting.wait(); }); };
    std::thread other(call);
    call();
    other.join();
    BOOST_REQUIRE(threads_seen() == 4);
  }
}

BOOST_AUTO_TEST_CASE(one_block_is_a_plain_call) {
  const WithThreads with(2);
  std::thread::id outer, inner;
  Meeting meeting(2);
  threads_seen();
  parallel_for(5, 5, [&](index_t, index_t) {
    outer = std::this_thread::get_id();
    parallel_for(2, 1, [&](index_t, index_t) { meeting.wait(); });
    inner = std::this_thread::get_id();
  });
  BOOST_TEST((outer == std::this_thread::get_id()));
  BOOST_TEST((inner == outer));
  BOOST_TEST(threads_seen() == 2);
}

BOOST_AUTO_TEST_CASE(loops_inside_a_block_stay_on_its_thread) {
  const WithThreads with(4);
  std::atomic<int> calls{0}, strangers{0};
  parallel_for(2, 1, [&](index_t, index_t) {
    const auto self = std::this_thread::get_id();
    parallel_for(20, 1, [&](index_t, index_t) {
      ++calls;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // time for an idle thread to take a block
      if (std::this_thread::get_id() != self) ++strangers;
      parallel_for(2, 1, [&](index_t, index_t) {
        if (std::this_thread::get_id() != self) ++strangers;
      });
    });
  });
  BOOST_TEST(calls == 40);
  BOOST_TEST(strangers == 0);
}

BOOST_AUTO_TEST_CASE(an_exception_reaches_the_caller_and_the_next_loop_works) {
  for (const int threads : {1, 2, 4}) {
    const WithThreads with(threads);
    for (int repeat = 0; repeat < 50; ++repeat) {
      BOOST_CHECK_THROW(parallel_for(100, 1,
                                     [](index_t begin, index_t) {
                                       if (begin == 40) throw std::out_of_range("block 40");
                                     }),
                        std::out_of_range);
      std::atomic<index_t> sum{0};
      parallel_for(100, 1, [&](index_t begin, index_t) { sum += begin; });
      BOOST_TEST(sum == 4950);
    }
  }
}

BOOST_AUTO_TEST_CASE(several_callers_at_once_while_the_number_changes) {
  const WithThreads with(2);
  std::atomic<bool> wrong{false};
  std::atomic<int> running{20};
  const auto caller = [&] {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::atomic<index_t> sum{0};
      parallel_for(1000, 10, [&](index_t begin, index_t end) {
        for (index_t i = begin; i < end; ++i) sum += i;
      });
      if (sum != 499500) wrong = true;
    }
    --running;
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 20; ++i) callers.emplace_back(caller);
  for (int n = 1; running > 0; n = n % 5 + 1) set_num_threads(n);
  for (auto& thread : callers) thread.join();
  BOOST_TEST(!wrong);
}

thread_local int caller_on_this_thread = 0;

BOOST_AUTO_TEST_CASE(a_waiting_caller_runs_no_block_of_another) {
  const WithThreads with(4);
  std::atomic<int> strangers{0};
  const auto call = [&](int me) {
    caller_on_this_thread = me;
    for (int repeat = 0; repeat < 300; ++repeat)
      parallel_for(8, 1, [&](index_t block, index_t) {
        if (caller_on_this_thread != 0 && caller_on_this_thread != me) ++strangers;
        for (index_t i = 0; i < block; ++i) std::this_thread::yield();
      });
    caller_on_this_thread = 0;
  };
  std::thread second(call, 2), third(call, 3);
  call(1);
  second.join();
  third.join();
  BOOST_TEST(strangers == 0);
}

BOOST_AUTO_TEST_CASE(fewer_than_one_thread_is_an_error) {
  BOOST_CHECK_THROW(set_num_threads(0), ValueError);
  BOOST_CHECK_THROW(set_num_threads(-3), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
