// Matrix products against the naive loop: shapes, transposes, strides, betas, batches, threads, NaN.
#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <limits>
#include <tests/support/errors.hpp>
#include <tests/support/kernel_checks.hpp>
#include <tuple>
#include <vector>
#include <xtape/ops/kernels/gemm_engines.hpp>
#include <xtape/ops/kernels/onednn.hpp>

namespace {

using namespace xtape;
using kernels::GemmShape;
using test::check_close;
using test::check_threads;
using test::converted;
using test::message_of;
using test::normal;
using test::same_bits;

using Types = std::tuple<float, double>;

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();
template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

struct Sizes {
  index_t m, n, k;
};

/// From nothing to above a task: edges of tiles, vectors, few rows, few columns, long k, panels in groups.
const std::initializer_list<Sizes> sizes = {
    {1, 1, 1},    {1, 1, 50},      {2, 1, 3},      {1, 3, 2},       {2, 2, 2},      {3, 5, 7},
    {17, 16, 15}, {48, 64, 256},   {49, 65, 257},  {51, 73, 259},   {97, 130, 33},  {130, 97, 1},
    {64, 64, 32}, {64, 32, 64},    {1, 700, 300},  {700, 1, 300},   {1, 300, 2000}, {3, 900, 70},
    {900, 3, 70}, {20, 700, 65},   {768, 65, 128}, {65, 128, 768},  {33, 20, 6000}, {1, 5, 9000},
    {5, 1, 9000}, {1030, 130, 40}, {130, 600, 40}, {3100, 74, 515},
};

/// Rows `gap` longer than needed, so that a product that reads or writes between them is found out.
GemmShape padded(Sizes s, bool transpose_a, bool transpose_b, index_t gap) {
  GemmShape shape = kernels::gemm_shape(s.m, s.n, s.k, transpose_a, transpose_b);
  shape.lda += gap, shape.ldb += 2 * gap, shape.ldc += 3 * gap;
  return shape;
}

template <class T>
std::vector<T> matrix(index_t rows, index_t columns, index_t ld, unsigned seed, T between) {
  auto x = normal<T>(rows * ld, seed);
  for (index_t i = 0; i < rows; ++i)
    for (index_t j = columns; j < ld; ++j) x[static_cast<std::size_t>(i * ld + j)] = between;
  return x;
}

template <class T>
struct Operands {
  std::vector<T> a, b, c;
};

template <class T>
Operands<T> operands(const GemmShape& s) {
  return {s.transpose_a ? matrix<T>(s.k, s.m, s.lda, 1, not_a_number<T>)
                        : matrix<T>(s.m, s.k, s.lda, 1, not_a_number<T>),
          s.transpose_b ? matrix<T>(s.n, s.k, s.ldb, 2, not_a_number<T>)
                        : matrix<T>(s.k, s.n, s.ldb, 2, not_a_number<T>),
          matrix<T>(s.m, s.n, s.ldc, 3, 7)};
}

/// Rounding of k sums of normal numbers in any order is below this.
template <class T>
double tolerance(index_t k) {
  return 2 * eps<T> * static_cast<double>(k + 4);
}

template <class T>
void check_product(const GemmShape& s, T alpha, T beta) {
  BOOST_TEST_CONTEXT("m " << s.m << " n " << s.n << " k " << s.k << " transposed " << s.transpose_a
                          << s.transpose_b << " alpha " << alpha << " beta " << beta) {
    auto x = operands<T>(s);
    auto want = converted<double>(x.c);
    kernels::gemm(x.c.data(), x.a.data(), x.b.data(), s, alpha, beta);
    kernels::gemm_naive<double>(want.data(), converted<double>(x.a).data(), converted<double>(x.b).data(), s,
                                alpha, beta);
    check_close(x.c, want, 4 * eps<T>, tolerance<T>(s.k));
  }
}

constexpr index_t one[] = {0};  // the offset of a product that stands alone

boost::test_tools::assertion_result onednn_is_here(boost::unit_test::test_unit_id) {
  return kernels::has_onednn(Precision::full);
}

const auto same_floats = [](float x) { return x; };
const auto rounded = [](float x) { return kernels::to_float(kernels::to_bf16(x)); };

/// multiply(c, a, b) equals the naive loop over operands changed by `change`.
template <class Change, class Multiply>
void check_against_naive(const GemmShape& s, float alpha, float beta, Change change, Multiply multiply) {
  BOOST_TEST_CONTEXT("m " << s.m << " n " << s.n << " k " << s.k << " transposed " << s.transpose_a
                          << s.transpose_b << " alpha " << alpha << " beta " << beta) {
    auto x = operands<float>(s);
    auto a = converted<double>(x.a), b = converted<double>(x.b), want = converted<double>(x.c);
    for (auto* values : {&a, &b})
      for (double& value : *values) value = change(static_cast<float>(value));
    multiply(x.c.data(), x.a.data(), x.b.data());
    kernels::gemm_naive<double>(want.data(), a.data(), b.data(), s, alpha, beta);
    check_close(x.c, want, 4 * eps<float>, tolerance<float>(s.k));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_gemm)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  for (const Sizes s : sizes)
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        check_product<T>(padded(s, transpose_a, transpose_b, 3), 1, 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(alpha_and_beta, T, Types) {
  for (const Sizes s :
       {Sizes{1, 1, 1}, {3, 5, 7}, {1, 40, 300}, {40, 1, 300}, {100, 140, 300}, {33, 20, 6000}})
    for (const T alpha : {T{1}, T{-0.5}})
      for (const T beta : {T{0}, T{1}, T{0.25}}) check_product<T>(padded(s, false, false, 0), alpha, beta);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_to_add_up_scales_c, T, Types) {
  for (const T beta : {T{0}, T{1}, T{0.5}}) check_product<T>(padded({5, 6, 0}, false, false, 2), 1, beta);
  std::vector<T> c(6, not_a_number<T>);
  kernels::gemm<T>(c.data(), nullptr, nullptr, kernels::gemm_shape(2, 3, 0), 1, 0);
  check_close(c, std::vector<T>(6, 0), 0, 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_rows_or_columns_touch_nothing, T, Types) {
  T c = 5;
  kernels::gemm<T>(&c, nullptr, nullptr, kernels::gemm_shape(0, 3, 4), 1, 0);
  kernels::gemm<T>(&c, nullptr, nullptr, kernels::gemm_shape(3, 0, 4), 1, 0);
  kernels::gemm_batched<T>(&c, nullptr, nullptr, kernels::gemm_shape(3, 2, 4), 1, 0, {}, {}, {});
  BOOST_TEST(c == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(beta_zero_forgets_what_c_held, T, Types) {
  for (const Sizes s : {Sizes{2, 3, 4}, {1, 30, 40}, {30, 1, 40}, {200, 100, 60}, {33, 20, 6000}}) {
    const auto shape = padded(s, false, false, 0);
    auto x = operands<T>(shape);
    auto want = x.c;
    kernels::gemm<T>(want.data(), x.a.data(), x.b.data(), shape, 1, 0);
    std::fill(x.c.begin(), x.c.end(), not_a_number<T>);
    kernels::gemm<T>(x.c.data(), x.a.data(), x.b.data(), shape, 1, 0);
    BOOST_CHECK(same_bits(x.c, want));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(zero_times_infinity_is_nan, T, Types) {
  for (const Sizes s : {Sizes{2, 3, 4}, {1, 30, 40}, {30, 1, 40}, {200, 100, 60}, {33, 20, 6000}})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true}) {
        const auto shape = padded(s, transpose_a, transpose_b, 0);
        auto x = operands<T>(shape);
        std::fill(x.a.begin(), x.a.end(), T{0});
        x.b.back() = std::numeric_limits<T>::infinity();  // the last of k, the last column
        kernels::gemm<T>(x.c.data(), x.a.data(), x.b.data(), shape, 1, 0);
        std::vector<T> want(x.c.size(), 0);
        for (index_t i = 1; i <= s.m; ++i) want[static_cast<std::size_t>(i * s.n - 1)] = not_a_number<T>;
        check_close(x.c, want, 0, 0);
      }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(batches_equal_single_products, T, Types) {
  for (const Sizes s : {Sizes{2, 3, 4}, {64, 64, 32}, {1, 64, 32}, {70, 66, 300}, {33, 20, 6000}})
    for (const bool transpose_b : {false, true}) {
      const auto shape = padded(s, false, transpose_b, 1);
      const auto each = operands<T>(shape);
      const auto a_size = static_cast<index_t>(each.a.size()), c_size = static_cast<index_t>(each.c.size());
      auto a = normal<T>(3 * a_size, 4);
      std::vector<T> c(static_cast<std::size_t>(4 * c_size), T{1}), want = c;
      const std::vector<index_t> to = {c_size, 0, 3 * c_size, 2 * c_size}, from = {0, 2 * a_size, a_size, 0};
      const std::vector<index_t> same(4, 0);
      kernels::gemm_batched<T>(c.data(), a.data(), each.b.data(), shape, T{0.5}, 1, to, from, same);
      for (std::size_t i = 0; i < 4; ++i)
        kernels::gemm_naive<T>(want.data() + to[i], a.data() + from[i], each.b.data(), shape, T{0.5}, 1);
      check_close(c, want, 4 * eps<T>, tolerance<T>(s.k));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_do_not_change_a_bit, T, Types) {
  struct Case {
    Sizes sizes;
    bool transpose_a, transpose_b;
  };
  for (const Case& c : {Case{{768, 128, 65}, false, true},
                        {{768, 384, 128}, false, false},
                        {{65, 128, 768}, true, false},
                        {{64, 64, 8192}, true, false},
                        {{4, 2304, 768}, false, true},
                        {{1, 3000, 700}, false, true},
                        {{3000, 1, 700}, true, false},
                        {{3100, 130, 300}, false, false}}) {
    const auto shape = padded(c.sizes, c.transpose_a, c.transpose_b, 1);
    const auto x = operands<T>(shape);
    check_threads([&] {
      auto y = x.c;
      kernels::gemm<T>(y.data(), x.a.data(), x.b.data(), shape, 1, 1);
      return y;
    });
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(threads_do_not_change_a_bit_of_a_batch, T, Types) {
  const auto shape = padded({64, 64, 32}, false, true, 0);
  const auto a = normal<T>(48 * 64 * 32, 1), b = normal<T>(48 * 64 * 32, 2);
  std::vector<index_t> c_offsets, offsets;
  for (index_t i = 0; i < 48; ++i) c_offsets.push_back(i * 64 * 64), offsets.push_back(i * 64 * 32);
  check_threads([&] {
    std::vector<T> c(48 * 64 * 64);
    kernels::gemm_batched<T>(c.data(), a.data(), b.data(), shape, 1, 0, c_offsets, offsets, offsets);
    return c;
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_product_inside_a_block_has_the_same_bits, T, Types) {
  for (const Sizes s : {Sizes{200, 130, 100}, {64, 64, 4096}}) {
    const auto shape = padded(s, true, false, 0);
    auto x = operands<T>(shape);
    auto want = x.c;
    kernels::gemm<T>(want.data(), x.a.data(), x.b.data(), shape, 1, 0);
    std::vector<std::vector<T>> c(4, x.c);
    parallel_for(4, 1, [&](index_t i, index_t) {
      kernels::gemm<T>(c[static_cast<std::size_t>(i)].data(), x.a.data(), x.b.data(), shape, 1, 0);
    });
    for (const auto& result : c) BOOST_CHECK(same_bits(result, want));
  }
}

BOOST_AUTO_TEST_CASE(onednn_equals_the_naive_loop, *boost::unit_test::precondition(onednn_is_here)) {
  for (const Sizes s : {Sizes{2, 2, 2},
                        {3, 5, 7},
                        {17, 16, 15},
                        {97, 130, 33},
                        {768, 65, 128},
                        {65, 128, 768},
                        {1100, 70, 40}})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        for (const float beta : {0.0f, 1.0f, 0.25f}) {
          const auto shape = padded(s, transpose_a, transpose_b, 3);
          check_against_naive(shape, 1.0f, beta, same_floats, [&](float* c, const float* a, const float* b) {
            kernels::onednn_products<float>({c, a, b, shape, 1, beta}, one, one, one);
          });
        }
}

BOOST_AUTO_TEST_CASE(a_row_is_added, *boost::unit_test::precondition(onednn_is_here)) {
  for (const Sizes s : {Sizes{170, 130, 600}, {1100, 128, 96}})
    for (const Precision precision : {Precision::full, Precision::bf16}) {
      auto shape = kernels::gemm_shape(s.m, s.n, s.k, false, true);
      shape.precision = precision;
      if (!kernels::gemm_adds_row(shape)) continue;
      const auto row = normal<float>(s.n, 4);
      auto x = operands<float>(shape);
      for (index_t i = 0; i < s.m; ++i) std::copy(row.begin(), row.end(), x.c.begin() + i * s.n);
      auto y = std::vector<float>(x.c.size(), not_a_number<float>);
      kernels::gemm_plus_row(y.data(), x.a.data(), x.b.data(), row.data(), shape);
      kernels::gemm(x.c.data(), x.a.data(), x.b.data(), shape, 1.0f, 1.0f);
      check_close(y, x.c, 4 * eps<float>, tolerance<float>(s.k));
    }
}

BOOST_AUTO_TEST_CASE(onednn_passes_nan_on, *boost::unit_test::precondition(onednn_is_here)) {
  const auto shape = kernels::gemm_shape(128, 130, 257);
  auto x = operands<float>(shape);
  std::fill(x.a.begin(), x.a.end(), 0.0f);
  x.b.back() = std::numeric_limits<float>::infinity();
  kernels::onednn_products<float>({x.c.data(), x.a.data(), x.b.data(), shape, 1, 0}, one, one, one);
  for (std::size_t i = 0; i < x.c.size(); ++i) BOOST_REQUIRE_EQUAL(std::isnan(x.c[i]), i % 130 == 129);
}

BOOST_AUTO_TEST_CASE(what_onednn_cannot_do_is_an_error, *boost::unit_test::precondition(onednn_is_here)) {
  const auto shape = kernels::gemm_shape(2, 3, -4);
  const std::string message = message_of<Error>([&] {
    kernels::onednn<float>({nullptr, nullptr, nullptr, shape, 1, 0});
  });
  BOOST_TEST(message.starts_with("oneDNN: the product (2, -4) x (-4, 3) failed: "), message);
}

BOOST_AUTO_TEST_CASE(bf16_products_are_those_of_rounded_operands) {
  for (const Sizes s :
       {Sizes{1, 1, 1}, {3, 5, 7}, {1, 40, 300}, {40, 1, 300}, {16, 16, 257}, {97, 130, 33}, {300, 70, 130}})
    for (const bool transpose_a : {false, true})
      for (const bool transpose_b : {false, true})
        for (const float beta : {0.0f, 1.0f}) {
          auto shape = padded(s, transpose_a, transpose_b, 3);
          shape.precision = Precision::bf16;
          check_against_naive(shape, 1.0f, beta, rounded, [&](float* c, const float* a, const float* b) {
            kernels::gemm(c, a, b, shape, 1.0f, beta);
          });
        }
}

BOOST_AUTO_TEST_CASE(floats_round_to_the_nearest_bf16) {
  const auto round = [](float x) { return kernels::to_float(kernels::to_bf16(x)); };
  BOOST_TEST(round(1.0f) == 1.0f);
  BOOST_TEST(round(1.00390625f) == 1.0f);       // half way, to even
  BOOST_TEST(round(1.01171875f) == 1.015625f);  // half way, to even
  BOOST_TEST(round(-1.005f) == -1.0078125f);
  BOOST_TEST(round(std::numeric_limits<float>::max()) == std::numeric_limits<float>::infinity());
  BOOST_TEST(std::isnan(round(not_a_number<float>)));
  BOOST_TEST(std::isnan(round(std::bit_cast<float>(0x7f800001u))));
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit_of_other_engines) {
  for (const Precision precision : {Precision::full, Precision::bf16})
    for (const Sizes s : {Sizes{768, 384, 128}, {384, 128, 768}, {130, 1100, 300}}) {
      auto shape = padded(s, s.m<s.k, s.m> s.k, 1);
      shape.precision = precision;
      const auto x = operands<float>(shape);
      check_threads([&] {
        auto y = x.c;
        kernels::gemm<float>(y.data(), x.a.data(), x.b.data(), shape, 1, 1);
        return y;
      });
    }
}

BOOST_AUTO_TEST_CASE(a_batch_in_bf16_equals_single_products) {
  for (const Sizes s : {Sizes{2, 3, 4}, {64, 64, 32}}) {
    auto shape = kernels::gemm_shape(s.m, s.n, s.k, false, true);
    shape.precision = Precision::bf16;
    const auto a = normal<float>(3 * s.m * s.k, 1), b = normal<float>(s.n * s.k, 2);
    std::vector<float> c(static_cast<std::size_t>(3 * s.m * s.n)), want = c;
    const std::vector<index_t> to = {s.m * s.n, 0, 2 * s.m * s.n}, from = {0, s.m * s.k, 2 * s.m * s.k},
                               same(3, 0);
    kernels::gemm_batched<float>(c.data(), a.data(), b.data(), shape, 1, 0, to, from, same);
    for (std::size_t i = 0; i < 3; ++i)
      kernels::gemm<float>(want.data() + to[i], a.data() + from[i], b.data(), shape, 1, 0);
    BOOST_CHECK(same_bits(c, want));
  }
}

BOOST_AUTO_TEST_SUITE_END()
