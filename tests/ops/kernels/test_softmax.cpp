// softmax and log_softmax kernels against their naive loops in double.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/softmax.hpp>

namespace {

using namespace xtape;
using kernels::Split;
using test::check_close;
using test::converted;
using test::normal;

constexpr double inf = std::numeric_limits<double>::infinity();

const Split splits[] = {
    {0, 5, 1},   {3, 0, 1},   {3, 4, 0},    {1, 1, 1},     {5, 1, 1},    {4, 3, 1}, {7, 17, 1},
    {3, 64, 1},  {9, 65, 1},  {2, 513, 1},  {1, 5000, 1},  {3, 5, 1},    {2, 3, 2}, {2, 7, 5},
    {3, 10, 16}, {2, 11, 65}, {1, 33, 131}, {300, 129, 1}, {5, 40, 300},
};

index_t size(Split s) { return s.outer * s.length * s.inner; }

using Types = std::tuple<float, double>;

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_softmax)

BOOST_AUTO_TEST_CASE_TEMPLATE(values_equal_the_naive_loop, T, Types) {
  for (const Split s : splits) {
    const auto x = normal<T>(size(s), 1);
    std::vector<T> y(x.size());
    std::vector<double> want(x.size());
    kernels::softmax(y.data(), x.data(), s);
    kernels::softmax_naive(want.data(), converted<double>(x).data(), s);
    check_close(y, want, 8 * eps<T>, 0);
    kernels::log_softmax(y.data(), x.data(), s);
    kernels::log_softmax_naive(want.data(), converted<double>(x).data(), s);
    check_close(y, want, 8 * eps<T>, 4 * eps<T>);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gradients_equal_the_naive_loop, T, Types) {
  for (const Split s : splits) {
    const auto x = normal<T>(size(s), 2), gy = normal<T>(size(s), 3);
    std::vector<T> y(x.size()), gx(x.size());
    std::vector<double> want(x.size());
    kernels::softmax(y.data(), x.data(), s);
    kernels::softmax_grad(gx.data(), gy.data(), y.data(), s);
    kernels::softmax_grad_naive(want.data(), converted<double>(gy).data(), converted<double>(y).data(), s);
    check_close(gx, want, 8 * eps<T>, 2 * eps<T>);
    kernels::log_softmax(y.data(), x.data(), s);
    kernels::log_softmax_grad(gx.data(), gy.data(), y.data(), s);
    kernels::log_softmax_grad_naive(want.data(), converted<double>(gy).data(), converted<double>(y).data(),
                                    s);
    check_close(gx, want, 32 * eps<T>, 32 * eps<T>);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(works_in_place, T, Types) {
  for (const Split s : {Split{3, 65, 1}, Split{2, 9, 70}}) {
    const auto x = normal<T>(size(s), 4);
    std::vector<T> y(x.size()), place = x;
    kernels::softmax(y.data(), x.data(), s);
    kernels::softmax(place.data(), place.data(), s);
    BOOST_CHECK(test::same_bits(place, y));
    kernels::log_softmax(y.data(), x.data(), s);
    place = x;
    kernels::log_softmax(place.data(), place.data(), s);
    BOOST_CHECK(test::same_bits(place, y));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(impossible_rows_give_zeros, T, Types) {
  for (const index_t length : {1, 3, 16, 70}) {
    for (const index_t inner : {1, 3}) {
      const Split s{2, length, inner};
      auto x = normal<T>(size(s), 5);
      for (index_t l = 0; l < length; ++l) x[static_cast<std::size_t>(l * inner)] = static_cast<T>(-inf);
      const auto gy = normal<T>(size(s), 6);
      std::vector<T> y(x.size()), gx(x.size());
      std::vector<double> want(x.size());
      kernels::softmax(y.data(), x.data(), s);
      kernels::softmax_naive(want.data(), converted<double>(x).data(), s);
      check_close(y, want, 8 * eps<T>, 0);
      BOOST_CHECK_EQUAL(y[0], 0);
      kernels::softmax_grad(gx.data(), gy.data(), y.data(), s);
      BOOST_CHECK_EQUAL(gx[0], 0);
      kernels::log_softmax(y.data(), x.data(), s);
      BOOST_CHECK_EQUAL(y[0], static_cast<T>(-inf));
      kernels::log_softmax_grad(gx.data(), gy.data(), y.data(), s);
      kernels::log_softmax_grad_naive(want.data(), converted<double>(gy).data(), converted<double>(y).data(),
                                      s);
      check_close(gx, want, 32 * eps<T>, 32 * eps<T>);
      BOOST_CHECK_EQUAL(gx[0], 0);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(special_values, T, Types) {
  const double nan = std::nan("");
  const struct {
    std::vector<double> x, softmax, log_softmax;
  } cases[] = {
      {{0, -inf, 0}, {0.5, 0, 0.5}, {-std::log(2.0), -inf, -std::log(2.0)}},
      {{1e30, 1e30, -1e30}, {0.5, 0.5, 0}, {-std::log(2.0), -std::log(2.0), -2e30}},
      {{inf, 1}, {nan, nan}, {nan, nan}},
      {{nan, 1}, {nan, nan}, {nan, nan}},
      {{nan, -inf}, {nan, nan}, {nan, nan}},
      {{-inf, nan}, {nan, nan}, {nan, nan}},
  };
  for (const auto& c : cases) {
    const auto n = static_cast<index_t>(c.x.size());
    for (const Split s : {Split{1, n, 1}, Split{1, n, 2}}) {
      std::vector<T> x, want, want_log, y(static_cast<std::size_t>(n * s.inner));
      for (std::size_t l = 0; l < c.x.size(); ++l) {
        x.insert(x.end(), static_cast<std::size_t>(s.inner), static_cast<T>(c.x[l]));
        want.insert(want.end(), static_cast<std::size_t>(s.inner), static_cast<T>(c.softmax[l]));
        want_log.insert(want_log.end(), static_cast<std::size_t>(s.inner), static_cast<T>(c.log_softmax[l]));
      }
      kernels::softmax(y.data(), x.data(), s);
      check_close(y, want, 2 * eps<T>, 0);
      kernels::log_softmax(y.data(), x.data(), s);
      check_close(y, want_log, 2 * eps<T>, 0);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(impossible_pieces_of_a_long_row, T, Types) {
  const Split s{2, 70001, 1};
  auto x = normal<T>(size(s), 9);
  for (T& value : x) value -= 1000;  // the largest is not above 0, which stands in for no largest
  std::fill_n(x.begin(), 40000, static_cast<T>(-inf));
  std::fill_n(x.begin() + 70001, 70001, static_cast<T>(-inf));
  const auto gy = normal<T>(size(s), 10);
  std::vector<T> y(x.size()), gx(x.size());
  std::vector<double> want(x.size());
  kernels::softmax(y.data(), x.data(), s);
  kernels::softmax_naive(want.data(), converted<double>(x).data(), s);
  check_close(y, want, 100 * eps<T>, 0);  // the plain loop's own rounding, over so many
  kernels::softmax_grad(gx.data(), gy.data(), y.data(), s);
  kernels::softmax_grad_naive(want.data(), converted<double>(gy).data(), converted<double>(y).data(), s);
  check_close(gx, want, 100 * eps<T>, eps<T>);
  kernels::log_softmax(y.data(), x.data(), s);
  kernels::log_softmax_naive(want.data(), converted<double>(x).data(), s);
  check_close(y, want, 8 * eps<T>, 0);
  kernels::log_softmax_grad(gx.data(), gy.data(), y.data(), s);
  kernels::log_softmax_grad_naive(want.data(), converted<double>(gy).data(), converted<double>(y).data(), s);
  check_close(gx, want, 100 * eps<T>, 100 * eps<T>);

  for (const double value : {inf, std::nan("")})
    for (const std::size_t place : {0U, 30000U, 70000U}) {
      auto special = x;
      special[place] = static_cast<T>(value);
      kernels::softmax(y.data(), special.data(), s);
      BOOST_CHECK(std::all_of(y.begin(), y.begin() + 70001, [](T v) { return std::isnan(v); }));
      kernels::log_softmax(y.data(), special.data(), s);
      BOOST_CHECK(std::all_of(y.begin(), y.begin() + 70001, [](T v) { return std::isnan(v); }));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  for (const Split s : {Split{600, 129, 1}, Split{3, 100, 1000}, Split{1, 300001, 1}}) {
    const auto x = normal<T>(size(s), 7), gy = normal<T>(size(s), 8);
    test::check_threads([&] {
      std::vector<T> y(x.size()), gx(x.size());
      kernels::softmax(y.data(), x.data(), s);
      kernels::softmax_grad(gx.data(), gy.data(), y.data(), s);
      auto all = y;
      all.insert(all.end(), gx.begin(), gx.end());
      kernels::log_softmax(y.data(), x.data(), s);
      kernels::log_softmax_grad(gx.data(), gy.data(), y.data(), s);
      all.insert(all.end(), y.begin(), y.end());
      all.insert(all.end(), gx.begin(), gx.end());
      return all;
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
