// Values made ahead of time on another thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <xtape/core/index.hpp>

namespace xtape::nn {

/// Calls make(first), make(first + 1) and so on, in this order, on a thread of its own, until `capacity`
/// values wait to be taken.
template <class T>
class Prefetcher {
 public:
  Prefetcher(std::function<T(index_t)> make, index_t first, std::size_t capacity)
      : capacity_(capacity), thread_([this, make = std::move(make), first] { run(make, first); }) {}
  /// Waits for a call of make that is under way.
  ~Prefetcher() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_one();
    thread_.join();
  }
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next value; throws what make threw instead of it, and again at every later call.
  T next() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return !values_.empty() || error_; });
    if (values_.empty()) std::rethrow_exception(error_);
    T value = std::move(values_.front());
    values_.pop_front();
    room_.notify_one();
    return value;
  }

 private:
  void run(const std::function<T(index_t)>& make, index_t i) try {
    while (true) {
      T value = make(i++);
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return values_.size() < capacity_ || stopped_; });
      if (stopped_) return;
      values_.push_back(std::move(value));
      ready_.notify_one();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
    ready_.notify_one();
  }

  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_, ready_;
  std::deque<T> values_;
  std::exception_ptr error_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace xtape::nn
