// argsort against the naive way, along every axis, for all and for the first few.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/sort.hpp>

namespace {

using namespace xtape;
using kernels::Split;

using Types = std::tuple<float, double>;
using Indices = std::vector<std::int64_t>;

/// Few different numbers, so that there are ties, and some that are NaN.
template <Real T>
std::vector<T> rough(index_t n) {
  auto x = test::normal<T>(n, 1);
  for (T& value : x)
    value = std::abs(value) > 2 ? std::numeric_limits<T>::quiet_NaN() : std::round(3 * value);
  return x;
}

template <class Kernel, Real T>
Indices ordered(Kernel kernel, const std::vector<T>& x, index_t count, Split split, bool descending) {
  Indices y(static_cast<std::size_t>(split.outer * count * split.inner));
  kernel(y.data(), x.data(), count, split, descending);
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_sort)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_way, T, Types) {
  for (const Split split : {Split{1, 1, 1}, Split{2, 0, 3}, Split{0, 4, 2}, Split{3, 17, 1}, Split{2, 40, 3},
                            Split{70, 301, 1}, Split{3, 100, 90}}) {
    const auto x = rough<T>(split.outer * split.length * split.inner);
    for (const index_t count : {split.length, split.length / 3, std::min<index_t>(split.length, 1)})
      for (const bool descending : {false, true})
        BOOST_TEST(ordered(kernels::argsort<T>, x, count, split, descending) ==
                   ordered(kernels::argsort_naive<T>, x, count, split, descending));
  }
}

BOOST_AUTO_TEST_CASE(same_bits_for_any_number_of_threads) {
  const auto x = rough<float>(500 * 301);
  test::check_threads([&] { return ordered(kernels::argsort<float>, x, 301, {500, 301, 1}, false); });
}

BOOST_AUTO_TEST_SUITE_END()
