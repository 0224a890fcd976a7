// Linear maps of few rows against their naive loops in double, with weights of floats and of bytes.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/few_rows.hpp>

namespace {

using namespace xtape;
using test::check_close;
using test::converted;
using test::normal;

using Types = std::tuple<float, double>;

template <class T>
struct Problem {
  index_t rows, n, k;
  std::vector<T> x = normal<T>(rows * k, 1), weight = normal<T>(n * k, 2), bias = normal<T>(n, 3);
  std::vector<std::int8_t> bytes = std::vector<std::int8_t>(weight.size());
  std::vector<T> scales = std::vector<T>(bias.size());

  Problem(index_t rows_, index_t n_, index_t k_) : rows(rows_), n(n_), k(k_) {
    kernels::to_int8(bytes.data(), scales.data(), weight.data(), n, k);
  }

  std::vector<T> run(bool int8, bool with_bias = true) const {
    std::vector<T> y(static_cast<std::size_t>(rows * n));
    const T* b = with_bias ? bias.data() : nullptr;
    if (int8)
      kernels::few_rows(y.data(), x.data(), kernels::Int8Weight<T>{bytes.data(), scales.data()}, b, rows, n,
                        k);
    else
      kernels::few_rows(y.data(), x.data(), weight.data(), b, rows, n, k);
    return y;
  }

  /// The naive loops in double, on the values that T holds.
  std::vector<double> reference(bool int8, bool with_bias = true) const {
    const auto x64 = converted<double>(x), w64 = converted<double>(weight), b64 = converted<double>(bias),
               s64 = converted<double>(scales);
    std::vector<double> y(static_cast<std::size_t>(rows * n));
    const double* b = with_bias ? b64.data() : nullptr;
    if (int8)
      kernels::few_rows_naive(y.data(), x64.data(), kernels::Int8Weight<double>{bytes.data(), s64.data()}, b,
                              rows, n, k);
    else
      kernels::few_rows_naive(y.data(), x64.data(), w64.data(), b, rows, n, k);
    return y;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(few_rows_kernel)

BOOST_AUTO_TEST_CASE_TEMPLATE(agrees_with_naive, T, Types) {
  const double tolerance = 8 * std::numeric_limits<T>::epsilon();
  for (const index_t rows : {1, 2, 4, 5, 8})
    for (const index_t n : {0, 1, 3, 130})
      for (const index_t k : {0, 1, 7, 16, 64, 65, 200}) {
        const Problem<T> p(rows, n, k);
        for (const bool int8 : {false, true})
          check_close(p.run(int8, k != 7), p.reference(int8, k != 7), tolerance,
                      tolerance * std::sqrt(static_cast<double>(k)));
      }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_row_has_the_same_bits_alone_and_among_others, T, Types) {
  const Problem<T> many(7, 9, 77);
  for (const bool int8 : {false, true}) {
    const auto together = many.run(int8);
    for (index_t r = 0; r < 7; ++r) {
      Problem<T> one(1, 9, 77);
      std::copy_n(many.x.begin() + r * 77, 77, one.x.begin());
      const auto alone = one.run(int8);
      BOOST_TEST(std::equal(alone.begin(), alone.end(), together.begin() + r * 9));
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_are_the_nearest_and_ends_are_kept) {
  const float w[] = {1, -2, 0.5F, 0.003F, 0, 0, 0, 0};
  std::int8_t bytes[8];
  float scales[2], back[8];
  kernels::to_int8(bytes, scales, w, 2, 4);
  const int want[] = {64, -127, 32, 0, 0, 0, 0, 0};
  for (int i = 0; i < 8; ++i) BOOST_TEST(int{bytes[i]} == want[i]);
  BOOST_TEST(scales[0] == 2.0F / 127);
  BOOST_TEST(scales[1] == 0);
  kernels::from_int8(back, {bytes, scales}, 2, 4);
  BOOST_TEST(back[1] == -2);
  BOOST_TEST(std::abs(back[0] - 1) <= scales[0] / 2);
}

BOOST_AUTO_TEST_CASE(tiny_rows_have_bytes_too) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double w[] = {tiny, -tiny, 0};
  std::int8_t bytes[3];
  double scale;
  kernels::to_int8(bytes, &scale, w, 1, 3);
  BOOST_TEST(scale == 0);
  for (const auto byte : bytes) BOOST_TEST(int{byte} == 0);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Problem<float> p(3, 2000, 300);
  for (const bool int8 : {false, true}) test::check_threads([&] { return p.run(int8); });
}

BOOST_AUTO_TEST_SUITE_END()
