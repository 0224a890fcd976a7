// Dropout: the naive loop's very numbers, and the share of zeros.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/core/philox_impl.hpp>
#include <xtape/core/stream_impl.hpp>
#include <xtape/ops/kernels/dropout.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace {

using namespace xtape;
using test::normal;

using Types = std::tuple<float, double>;

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_dropout)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  for (const index_t n : {0, 1, 3, 17, 1024, 1025, 40001})
    for (const double p : {0.0, 0.1, 0.5, 1.0})
      for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{1} << 40}) {
        const auto x = normal<T>(n, 1);
        std::vector<T> y(x.size()), want(x.size());
        kernels::dropout(y.data(), x.data(), {p, {7, first}, n});
        kernels::dropout_naive(want.data(), x.data(), {p, {7, first}, n});
        test::check_close(y, want, 0, 0);
      }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(results_beyond_the_caches, T, Types) {
  const index_t n = detail::streamed_bytes / static_cast<index_t>(sizeof(T)) + 1003;
  const auto x = normal<T>(n, 1);
  kernels::Scratch<T> y(n), want(n);  // aligned to cache lines
  kernels::dropout(y.data(), x.data(), {0.3, {7, 4}, n});
  kernels::dropout_naive(want.data(), x.data(), {0.3, {7, 4}, n});
  BOOST_CHECK(std::equal(y.data(), y.data() + n, want.data()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(p_is_the_share_of_zeros_and_the_mean_stays, T, Types) {
  const index_t n = 1'000'000;
  const std::vector<T> x(static_cast<std::size_t>(n), 1);
  for (const double p : {0.1, 0.5, 0.9}) {
    std::vector<T> y(x.size());
    kernels::dropout(y.data(), x.data(), {p, {3, 0}, n});
    const double zeros = static_cast<double>(std::count(y.begin(), y.end(), T{0}));
    BOOST_CHECK_SMALL(zeros / 1e6 - p, 4 * std::sqrt(p * (1 - p) / 1e6));
    const T kept = *std::max_element(y.begin(), y.end());
    BOOST_CHECK_CLOSE(kept, static_cast<T>(1 / (1 - p)), 1e-4);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(all_or_nothing, T, Types) {
  const auto x = normal<T>(100, 2);
  auto y = x;
  kernels::dropout(y.data(), y.data(), {0.0, {1, 0}, 100});
  BOOST_CHECK(y == x);
  kernels::dropout(y.data(), y.data(), {1.0, {1, 0}, 100});
  BOOST_CHECK(y == std::vector<T>(100, 0));
}

BOOST_AUTO_TEST_CASE(a_number_equal_to_the_threshold_is_kept) {
  const std::uint32_t drawn = philox(7, 0)[0];
  const std::uint32_t number = drawn << 16 | drawn >> 16;  // of the one element: half 0 before half 1
  const float x = 1;
  float y = 0;
  kernels::dropout(&y, &x, {number * 0x1p-32, {7, 0}, 1});
  BOOST_CHECK(y > 0);
  kernels::dropout(&y, &x, {(number + 1.0) * 0x1p-32, {7, 0}, 1});
  BOOST_CHECK_EQUAL(y, 0);
}

BOOST_AUTO_TEST_CASE(numbers_whose_upper_half_does_not_decide) {
  const index_t n = 1 << 20;
  for (const double p : {0.0, 0x1p-40, 0x1p-18, 0.25 + 0x1p-17, 0.5, 1 - 0x1p-18, 1 - 0x1p-40, 1.0}) {
    const kernels::DropoutMask mask{p, {9, 2}, n};
    std::vector<std::uint16_t> halves(static_cast<std::size_t>(n));
    mask.fill(halves.data(), 0, 12345);
    mask.fill(halves.data() + 12345, 12345, n - 12345);
    index_t wrong = 0;
    for (index_t i = 0; i < n; ++i)
      wrong += (halves[static_cast<std::size_t>(i)] > mask.bar()) != mask.keeps_naive(i);
    BOOST_CHECK_EQUAL(wrong, 0);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const auto x = normal<T>(300001, 3);
  test::check_threads([&] {
    std::vector<T> y(x.size());
    kernels::dropout(y.data(), x.data(), {0.3, {5, 8}, 300001});
    return y;
  });
}

BOOST_AUTO_TEST_SUITE_END()
