// sum, prod, amax and amin kernels over every kind of axes, against the naive loop in double.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <tests/support/kernel_checks.hpp>
#include <xtape/core/stream_impl.hpp>
#include <xtape/ops/kernels/extreme_grad.hpp>
#include <xtape/ops/kernels/reduce.hpp>

namespace {

using namespace xtape;
using test::converted;
using test::Extents;
using test::normal;
using test::volume;

using Types = std::tuple<float, double>;

constexpr double inf = std::numeric_limits<double>::infinity();

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();

struct Case {
  Extents y, x;
};

const Case cases[] = {
    {{}, {}},
    {{1}, {1}},
    {{1}, {5}},
    {{5}, {5}},
    {{}, {17}},
    {{1}, {0}},
    {{3, 1}, {3, 0}},
    {{0, 1}, {0, 3}},
    {{4, 1}, {4, 3}},
    {{40, 1}, {40, 15}},
    {{33, 1}, {33, 16}},
    {{6, 1}, {6, 65}},
    {{2, 1}, {2, 1025}},
    {{1, 5}, {3, 5}},
    {{1, 5}, {29, 5}},
    {{5}, {29, 5}},
    {{1, 1}, {29, 5}},
    {{1, 65}, {17, 65}},
    {{1, 3000}, {9, 3000}},
    {{2, 1, 7}, {2, 9, 7}},
    {{1, 9, 1}, {2, 9, 7}},
    {{3, 1, 4, 1}, {3, 5, 4, 6}},
    {{1, 5, 1, 6}, {3, 5, 4, 6}},
    {{1, 5, 1, 6, 1}, {3, 5, 4, 6, 2}},
    {{4, 1}, {3, 4, 6}},
    {{1, 1, 6}, {3, 1, 6}},
    {{1}, {200001}},
    {{3, 1}, {3, 70000}},
    {{1, 3}, {5001, 3}},
    {{1, 300}, {2500, 300}},
    {{70, 1, 3}, {70, 1500, 3}},
    {{1, 5000}, {40, 5000}},
};

/// y over x by a kernel with sum's signature.
template <class T, class Kernel>
std::vector<T> reduced(Kernel kernel, const std::vector<T>& x, const Case& c) {
  std::vector<T> y(static_cast<std::size_t>(volume(c.y)));
  kernel(y.data(), x.data(), c.y, c.x);
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_reduce)

BOOST_AUTO_TEST_CASE_TEMPLATE(sums_equal_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    const auto x = normal<T>(volume(c.x), 1);
    auto magnitudes = converted<double>(x);
    for (double& value : magnitudes) value = std::abs(value);
    const auto bound = reduced(kernels::sum_naive<double>, magnitudes, c);
    const double most = bound.empty() ? 0 : *std::max_element(bound.begin(), bound.end());
    const auto want = reduced(kernels::sum_naive<double>, converted<double>(x), c);
    test::check_close(reduced(kernels::sum<T>, x, c), want, 0, 2 * eps<T> * most);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_from_beyond_the_caches, T, Types) {
  const index_t width = 1003, rows = detail::streamed_bytes / static_cast<index_t>(sizeof(T)) / width + 70;
  auto x = normal<T>(rows * width, 1);
  x[static_cast<std::size_t>((rows - 1) * width + 5)] = 9;
  x[static_cast<std::size_t>(6)] = static_cast<T>(NAN);
  std::vector<T> total(static_cast<std::size_t>(width)), largest(total);
  const Extents y_shape = {1, width}, x_shape = {rows, width};
  kernels::sum(total.data(), x.data(), y_shape, x_shape);
  kernels::amax(largest.data(), x.data(), y_shape, x_shape);
  for (index_t j = 0; j < width; ++j) {
    double sum = 0, most = -inf;
    for (index_t r = 0; r < rows; ++r) {
      const auto value = static_cast<double>(x[static_cast<std::size_t>(r * width + j)]);
      sum += value;
      most = std::max(most, value);
    }
    const auto at = static_cast<std::size_t>(j);
    if (j == 6) {
      BOOST_CHECK(std::isnan(total[at]) && std::isnan(largest[at]));
      continue;
    }
    BOOST_CHECK_SMALL(static_cast<double>(total[at]) - sum, eps<T> * static_cast<double>(rows));
    BOOST_CHECK_EQUAL(static_cast<double>(largest[at]), most);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sums_of_products_equal_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    const auto a = normal<T>(volume(c.x), 1), b = normal<T>(volume(c.x), 2);
    std::vector<T> y(static_cast<std::size_t>(volume(c.y)));
    std::vector<double> want(y.size()), sizes(y.size()), products(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      products[i] = static_cast<double>(a[i]) * static_cast<double>(b[i]);
    kernels::sum_naive<double>(want.data(), products.data(), c.y, c.x);
    for (double& product : products) product = std::abs(product);
    kernels::sum_naive<double>(sizes.data(), products.data(), c.y, c.x);
    const double most = sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end());
    kernels::sum_of_products(y.data(), a.data(), b.data(), c.y, c.x);
    test::check_close(y, want, 0, 2 * eps<T> * most);
    kernels::sum_of_products_naive(y.data(), a.data(), b.data(), c.y, c.x);
    test::check_close(y, want, 0, 100 * eps<T> * most);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_equal_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    auto x = normal<T>(volume(c.x), 5);
    for (T& value : x) value = 1 + value / 1024;
    const auto want = reduced(kernels::prod_naive<double>, converted<double>(x), c);
    const double longest = std::sqrt(static_cast<double>(volume(c.x)));
    test::check_close(reduced(kernels::prod<T>, x, c), want, 4 * eps<T> * longest, 0);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extremes_equal_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    if (volume(c.x) == 0) continue;
    const auto x = normal<T>(volume(c.x), 2);
    test::check_close(reduced(kernels::amax<T>, x, c), reduced(kernels::amax_naive<T>, x, c), 0, 0);
    test::check_close(reduced(kernels::amin<T>, x, c), reduced(kernels::amin_naive<T>, x, c), 0, 0);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(extremes_pass_nan_on, T, Types) {
  for (const Case& c : {Case{{3, 1}, {3, 5}}, Case{{3, 1}, {3, 70}}, Case{{3, 1}, {3, 66000}},
                        Case{{1, 3}, {70, 3}}, Case{{2, 1, 20}, {2, 3000, 20}}}) {
    for (const index_t at : {index_t{0}, volume(c.x) / 2, volume(c.x) - 1}) {
      auto x = normal<T>(volume(c.x), 3);
      x[static_cast<std::size_t>(at)] = std::numeric_limits<T>::quiet_NaN();
      const auto top = reduced(kernels::amax<T>, x, c), bottom = reduced(kernels::amin<T>, x, c);
      test::check_close(top, reduced(kernels::amax_naive<T>, x, c), 0, 0);
      test::check_close(bottom, reduced(kernels::amin_naive<T>, x, c), 0, 0);
      const auto is_nan = [](T value) { return std::isnan(value); };
      BOOST_CHECK_EQUAL(std::count_if(top.begin(), top.end(), is_nan), 1);
      BOOST_CHECK_EQUAL(std::count_if(bottom.begin(), bottom.end(), is_nan), 1);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gradients_of_extremes_equal_the_naive_loop, T, Types) {
  for (const index_t n : {1, 3, 16, 67, 5000}) {
    const index_t rows = 9;
    auto x = normal<T>(rows * n, 1), gy = normal<T>(rows, 2);
    for (T& value : x) value = std::floor(value);  // so that some are equal, and some are 0
    x[static_cast<std::size_t>(2 * n)] = std::numeric_limits<T>::quiet_NaN();
    std::vector<T> y(gy.size()), gx(x.size()), want(x.size());
    kernels::amax_naive<T>(y.data(), x.data(), Extents{rows, 1}, Extents{rows, n});
    kernels::extreme_grad(gx.data(), gy.data(), x.data(), y.data(), rows, n);
    kernels::extreme_grad_naive(want.data(), gy.data(), x.data(), y.data(), rows, n);
    BOOST_CHECK(test::same_bits(gx, want));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(infinities, T, Types) {
  const Case c{{1}, {4}};
  const T top = static_cast<T>(inf);
  BOOST_CHECK_EQUAL(reduced<T>(kernels::sum<T>, {1, top, 2, 3}, c)[0], top);
  BOOST_CHECK(std::isnan(reduced<T>(kernels::sum<T>, {1, top, -top, 3}, c)[0]));
  BOOST_CHECK_EQUAL(reduced<T>(kernels::amax<T>, {1, top, -top, 3}, c)[0], top);
  BOOST_CHECK_EQUAL(reduced<T>(kernels::amin<T>, {1, top, -top, 3}, c)[0], -top);
  BOOST_CHECK_EQUAL(reduced<T>(kernels::amax<T>, {-top, -top, -top, -top}, c)[0], -top);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_sums_to_zero_and_multiplies_to_one, T, Types) {
  BOOST_CHECK(reduced<T>(kernels::sum<T>, {}, {{2, 1}, {2, 0}}) == (std::vector<T>{0, 0}));
  BOOST_CHECK(reduced<T>(kernels::prod<T>, {}, {{2, 1}, {2, 0}}) == (std::vector<T>{1, 1}));
}

BOOST_AUTO_TEST_CASE(ten_million_floats_keep_their_digits) {
  const index_t n = 10'000'000;
  for (const float value : {1.0f, 0.1f}) {
    const std::vector<float> x(static_cast<std::size_t>(n), value);
    const double want = static_cast<double>(n) * value;
    BOOST_CHECK_SMALL(reduced(kernels::sum<float>, x, {{1}, {n}})[0] / want - 1, 1e-6);
    BOOST_CHECK_SMALL(reduced(kernels::sum<float>, x, {{1, 1}, {2, n / 2}})[0] / want - 1, 1e-6);
    BOOST_CHECK_SMALL(reduced(kernels::sum<float>, x, {{1, 2}, {n / 2, 2}})[1] / want * 2 - 1, 3e-6);
    BOOST_CHECK_SMALL(reduced(kernels::sum<float>, x, {{1, 500}, {n / 500, 500}})[7] / want * 500 - 1, 3e-6);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  for (const Case& c : {Case{{1}, {600001}}, Case{{1, 300}, {2500, 300}}, Case{{3000, 1}, {3000, 129}},
                        Case{{60, 1, 70}, {60, 120, 70}}, Case{{1, 70, 1}, {60, 70, 120}}}) {
    const auto x = normal<T>(volume(c.x), 4);
    test::check_threads([&] { return reduced(kernels::sum<T>, x, c); });
    test::check_threads([&] { return reduced(kernels::amax<T>, x, c); });
  }
}

BOOST_AUTO_TEST_SUITE_END()
