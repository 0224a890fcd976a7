// What the kernel tests share: reproducible values, comparison with a reference, runs on several threads.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <vector>
#include <xtape/core/index.hpp>
#include <xtape/core/parallel.hpp>

namespace xtape::test {

/// Extents or steps of a kernel's array.
using Extents = std::vector<index_t>;

/// The number of elements.
inline index_t volume(const Extents& shape) {
  return std::accumulate(shape.begin(), shape.end(), index_t{1}, std::multiplies<>());
}

/// Steps through a contiguous array; an axis whose bit is set is broadcast.
inline Extents strides_of(const Extents& shape, unsigned broadcast) {
  Extents strides(shape.size());
  index_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (broadcast >> i & 1) continue;
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/// n normal numbers, the same for the same seed in every type.
template <Real T>
std::vector<T> normal(index_t n, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> draw;
  std::vector<T> x(static_cast<std::size_t>(n));
  for (T& value : x) value = static_cast<T>(draw(engine));
  return x;
}

template <class To, class From>
std::vector<To> converted(const std::vector<From>& x) {
  return std::vector<To>(x.begin(), x.end());
}

/// Every element of y within relative * |want| + absolute of want; NaN equals NaN, infinities their like.
template <class Y, class Want>
void check_close(const std::vector<Y>& y, const std::vector<Want>& want, double relative, double absolute) {
  BOOST_REQUIRE_EQUAL(y.size(), want.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double a = y[i], b = want[i];
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (same || std::abs(a - b) <= relative * std::abs(b) + absolute) continue;
    BOOST_ERROR("element " << i << " of " << y.size() << ": " << a << " instead of " << b);
    return;
  }
  BOOST_CHECK(true);
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// run() yields the same bits on 1, 2 and 4 threads. It runs until some other thread took part, which may
/// take a while on a busy machine.
template <class Run>
void check_threads(Run run) {
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = run();
  for (const int n : {2, 4}) {
    set_num_threads(n);
    threads_seen();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    int most = 0;
    while (most < 2 && std::chrono::steady_clock::now() < patience) {
      BOOST_REQUIRE(same_bits(run(), alone));
      most = threads_seen();
    }
    BOOST_CHECK_GE(most, 2);
  }
  set_num_threads(before);
}

}  // namespace xtape::test
