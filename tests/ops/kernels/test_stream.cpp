// Row kernels whose results are written past the caches: the same bits as for a few rows.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/core/stream_impl.hpp>
#include <xtape/ops/kernels/cross_entropy.hpp>
#include <xtape/ops/kernels/extreme_grad.hpp>
#include <xtape/ops/kernels/layer_norm.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/softmax.hpp>

namespace {

using namespace xtape;

using Types = std::tuple<float, double>;

constexpr index_t few = 32, width = 480;

template <class T>
constexpr index_t many = (detail::streamed_bytes / (few * width * static_cast<index_t>(sizeof(T))) + 1) * few;

/// x's rows again and again, until there are many.
template <class T>
std::vector<T> repeated(const std::vector<T>& x) {
  std::vector<T> y(static_cast<std::size_t>(many<T> * width));
  for (std::size_t i = 0; i < y.size(); i += x.size())
    std::copy(x.begin(), x.end(), y.begin() + static_cast<std::ptrdiff_t>(i));
  return y;
}

/// run(y, x, gy, rows) gives for many rows, aligned to cache lines, what it gives for a few.
template <class T, class Run>
void check(const char* name, Run run) {
  const auto x = test::normal<T>(few * width, 1), gy = test::normal<T>(few * width, 2);
  kernels::Scratch<T> y(many<T> * width);
  std::vector<T> want(x.size());
  run(y.data(), repeated(x).data(), repeated(gy).data(), many<T>);
  run(want.data(), x.data(), gy.data(), few);
  index_t wrong = 0;
  for (index_t row = 0; row < many<T>; row += few)
    wrong += std::memcmp(y.data() + row * width, want.data(), want.size() * sizeof(T)) != 0;
  BOOST_TEST(wrong == 0, name);
}

/// A number for each row, one element of x.
template <class T>
std::vector<T> of_rows(const T* x, index_t rows) {
  std::vector<T> y(static_cast<std::size_t>(rows));
  for (index_t r = 0; r < rows; ++r) y[static_cast<std::size_t>(r)] = x[r * width + 3];
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_stream)

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_and_log_softmax, T, Types) {
  using kernels::Split;
  check<T>("softmax", [](T* y, const T* x, const T*, index_t rows) {
    kernels::softmax(y, x, Split{rows, width, 1});
  });
  check<T>("log_softmax", [](T* y, const T* x, const T*, index_t rows) {
    kernels::log_softmax(y, x, Split{rows, width, 1});
  });
  check<T>("softmax_grad", [](T* gx, const T* y, const T* gy, index_t rows) {
    kernels::softmax_grad(gx, gy, y, Split{rows, width, 1});
  });
  check<T>("log_softmax_grad", [](T* gx, const T* y, const T* gy, index_t rows) {
    kernels::log_softmax_grad(gx, gy, y, Split{rows, width, 1});
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(layer_norm, T, Types) {
  const auto weight = test::normal<T>(width, 3);
  check<T>("layer_norm", [&](T* y, const T* x, const T*, index_t rows) {
    auto mean = of_rows(x, rows), rstd = mean;
    kernels::layer_norm(y, mean.data(), rstd.data(), x, weight.data(), weight.data(), T(1e-5), rows, width);
  });
  check<T>("layer_norm_grad", [&](T* gx, const T* x, const T* gy, index_t rows) {
    const auto mean = of_rows(x, rows), rstd = of_rows(gy, rows);
    kernels::layer_norm_grad<T>(gx, nullptr, nullptr, gy, x, mean.data(), rstd.data(), weight.data(), rows,
                                width);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cross_entropy_and_extremes, T, Types) {
  check<T>("cross_entropy_grad", [](T* gx, const T* x, const T* gy, index_t rows) {
    std::vector<std::int64_t> target(static_cast<std::size_t>(rows));
    for (std::size_t r = 0; r < target.size(); ++r) target[r] = static_cast<std::int64_t>(r) % few * 15;
    const std::vector<T> logsumexp(2 * target.size(), T{3});
    const auto g = of_rows(gy, rows);
    kernels::cross_entropy_grad(gx, g.data(), 1, x, logsumexp.data(), {target.data()}, rows, width);
  });
  check<T>("extreme_grad", [](T* gx, const T* x, const T* gy, index_t rows) {
    const auto g = of_rows(gy, rows), y = of_rows(x, rows);
    kernels::extreme_grad(gx, g.data(), x, y.data(), rows, width);
  });
}

BOOST_AUTO_TEST_SUITE_END()
