// Sliding windows against the definition, and the same bits for any number of threads.
#include <xtape/ops/kernels/windows.hpp>

#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using kernels::Windows;

BOOST_AUTO_TEST_SUITE(windows_kernels)

BOOST_AUTO_TEST_CASE(windows_and_their_adjoint_as_defined) {
  const index_t rows = 3, length = 17;
  for (const Windows w : {Windows{3, 1, 1, 15}, {2, 3, 4, 5}, {1, 1, 1, 17}, {17, 1, 1, 1}, {2, 1, 16, 1}}) {
    const auto x = test::normal<double>(rows * length, 1),
               gy = test::normal<double>(rows * w.size * w.count, 2);
    std::vector<double> y(gy.size()), want(gy.size()), gx = x, want_gx = x;
    for (index_t r = 0; r < rows; ++r)
      for (index_t k = 0; k < w.size; ++k)
        for (index_t i = 0; i < w.count; ++i) {
          const auto here = static_cast<std::size_t>((r * w.size + k) * w.count + i);
          const auto there = static_cast<std::size_t>(r * length + i * w.step + k * w.dilation);
          want[here] = x[there];
          want_gx[there] += gy[here];
        }
    kernels::windows(y.data(), x.data(), rows, length, w);
    kernels::windows_add(gx.data(), gy.data(), rows, length, w);
    BOOST_TEST(test::same_bits(y, want));
    BOOST_TEST(test::same_bits(gx, want_gx));
  }
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Windows w{5, 2, 3, 1000};
  const index_t rows = 61, length = 2011;
  const auto x = test::normal<float>(rows * length, 3);
  test::check_threads([&] {
    std::vector<float> y(static_cast<std::size_t>(rows * w.size * w.count)), gx(x.size());
    kernels::windows(y.data(), x.data(), rows, length, w);
    kernels::windows_add(gx.data(), y.data(), rows, length, w);
    gx.insert(gx.end(), y.begin(), y.end());
    return gx;
  });
}

BOOST_AUTO_TEST_SUITE_END()
