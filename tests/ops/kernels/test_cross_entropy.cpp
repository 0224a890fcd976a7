// Cross-entropy kernels against their naive loops in double.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/cross_entropy.hpp>

namespace {

using namespace xtape;
using kernels::ClassTargets;
using test::check_close;
using test::converted;
using test::normal;

using Types = std::tuple<float, double>;

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();

/// Random classes; every fifth row is ignored.
std::vector<std::int64_t> some_targets(index_t rows, index_t classes) {
  std::mt19937 engine(9);
  std::vector<std::int64_t> index(static_cast<std::size_t>(rows));
  for (std::size_t r = 0; r < index.size(); ++r)
    index[r] = r % 5 == 3 ? -100 : static_cast<std::int64_t>(engine() % static_cast<unsigned>(classes));
  return index;
}

template <class T>
struct Result {
  std::vector<T> loss, logsumexp, gx;
};

template <class T>
Result<T> run(const std::vector<T>& x, const std::vector<T>& gy, index_t gy_step, ClassTargets targets,
              index_t rows, index_t classes) {
  Result<T> result{std::vector<T>(static_cast<std::size_t>(rows)),
                   std::vector<T>(static_cast<std::size_t>(2 * rows)), std::vector<T>(x.size(), 7)};
  kernels::cross_entropy(result.loss.data(), result.logsumexp.data(), x.data(), targets, rows, classes);
  kernels::cross_entropy_grad(result.gx.data(), gy.data(), gy_step, x.data(), result.logsumexp.data(),
                              targets, rows, classes);
  return result;
}

template <class T>
Result<double> run_naive(const std::vector<T>& x_in, const std::vector<T>& gy_in, index_t gy_step,
                         ClassTargets targets, index_t rows, index_t classes) {
  const auto x = converted<double>(x_in), gy = converted<double>(gy_in);
  targets.smoothing = static_cast<double>(static_cast<T>(targets.smoothing));
  Result<double> result{std::vector<double>(static_cast<std::size_t>(rows)),
                        std::vector<double>(static_cast<std::size_t>(2 * rows)),
                        std::vector<double>(x.size())};
  kernels::cross_entropy_naive(result.loss.data(), result.logsumexp.data(), x.data(), targets, rows, classes);
  kernels::cross_entropy_grad_naive(result.gx.data(), gy.data(), gy_step, x.data(), result.logsumexp.data(),
                                    targets, rows, classes);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_cross_entropy)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  const std::pair<index_t, index_t> shapes[] = {{0, 3},   {1, 1},    {4, 2},   {9, 17},
                                                {70, 65}, {6, 1000}, {700, 33}};
  for (const auto& [rows, classes] : shapes)
    for (const double smoothing : {0.0, 0.1, 1.0})
      for (const index_t gy_step : {0, 1}) {
        const auto x = normal<T>(rows * classes, 1), gy = normal<T>(rows + 1, 2);
        const auto index = some_targets(rows, classes);
        const ClassTargets targets{index.data(), -100, smoothing};
        const auto y = run(x, gy, gy_step, targets, rows, classes);
        const auto want = run_naive(x, gy, gy_step, targets, rows, classes);
        const double naive = sizeof(T) == 8 ? 1 + static_cast<double>(classes) / 50 : 1;  // its own rounding
        check_close(y.loss, want.loss, naive * 4 * eps<T>, naive * 4 * eps<T>);
        check_close(y.logsumexp, want.logsumexp, naive * 4 * eps<T>, naive * 4 * eps<T>);
        check_close(y.gx, want.gx, naive * 8 * eps<T>, naive * 8 * eps<T>);
      }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ignored_rows_have_no_loss_and_no_gradient, T, Types) {
  const std::vector<T> x = {1, 2, static_cast<T>(NAN), 4}, gy = {1};
  const std::vector<std::int64_t> index = {1, 5};
  const auto y = run(x, gy, 0, {index.data(), 5, 0.1}, 2, 2);
  BOOST_CHECK(y.loss[0] > 0);
  BOOST_CHECK_EQUAL(y.loss[1], 0);
  BOOST_CHECK_EQUAL(y.gx[2], 0);
  BOOST_CHECK_EQUAL(y.gx[3], 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ignored_rows_in_any_place, T, Types) {
  const index_t rows = 7, classes = 33;
  auto x = normal<T>(rows * classes, 3);
  x[static_cast<std::size_t>(2 * classes)] = static_cast<T>(NAN);  // row 3 is not harmed
  const std::vector<T> gy = {1};
  for (unsigned ignored = 0; ignored < 128; ++ignored) {
    std::vector<std::int64_t> index(static_cast<std::size_t>(rows), 4);
    for (std::size_t r = 0; r < index.size(); ++r)
      if (ignored >> r & 1) index[r] = -100;
    const ClassTargets targets{index.data(), -100, 0};
    const auto y = run(x, gy, 0, targets, rows, classes);
    const auto want = run_naive(x, gy, 0, targets, rows, classes);
    check_close(y.loss, want.loss, 6 * eps<T>, 6 * eps<T>);
    check_close(y.gx, want.gx, 8 * eps<T>, 8 * eps<T>);
  }
  const std::vector<std::int64_t> all = {9, 9};
  const auto nothing = run(std::vector<T>{}, gy, 0, {all.data(), 9, 0}, 2, 0);
  BOOST_CHECK(nothing.loss == (std::vector<T>{0, 0}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(special_logits, T, Types) {
  const double inf = std::numeric_limits<double>::infinity();
  const struct {
    std::vector<double> x;
    double smoothing, loss;
    std::vector<double> gx;
  } cases[] = {
      {{-inf, 0, 0}, 0, inf, {-1, 0.5, 0.5}},            // the wanted class is impossible
      {{0, -inf, 0}, 0, std::log(2.0), {-0.5, 0, 0.5}},  // another one is
      {{0, -inf, 0}, 0.3, inf, {-0.3, -0.1, 0.4}},       // smoothing wants it too
      {{-inf, -inf, -inf}, 0, inf, {0, 0, 0}},           // nothing is possible
      {{1e30, 0, 0}, 0, 0, {0, 0, 0}},
      {{0, 1e30, 0}, 0, 1e30, {-1, 1, 0}},
      {{1e4, 1e4, 1e4}, 0, std::log(3.0), {-2 / 3.0, 1 / 3.0, 1 / 3.0}},
      {{0, NAN, 0}, 0, NAN, {NAN, NAN, NAN}},
      {{0, inf, 0}, 0, NAN, {NAN, NAN, NAN}},
  };
  for (const auto& c : cases) {
    const std::vector<std::int64_t> index = {0};
    const auto y = run(converted<T>(c.x), {1}, 0, {index.data(), -100, c.smoothing}, 1, 3);
    check_close(y.loss, std::vector<T>{static_cast<T>(c.loss)}, 2 * eps<T>, 0);
    check_close(y.gx, converted<T>(c.gx), 2 * eps<T>, 2 * eps<T>);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_total_counts_kept_rows, T, Types) {
  const std::vector<T> loss = {1, 2, 4, 8};
  const std::vector<std::int64_t> index = {0, 3, 3, 1}, all_ignored = {3, 3, 3, 3};
  const auto total = kernels::total_loss(loss.data(), {index.data(), 3, 0}, 4);
  BOOST_CHECK_EQUAL(total.sum, 9);
  BOOST_CHECK_EQUAL(total.kept, 2);
  BOOST_CHECK_EQUAL(kernels::total_loss(loss.data(), {all_ignored.data(), 3, 0}, 4).kept, 0);
}

/// A row of one 0 and many equal numbers below it.
BOOST_AUTO_TEST_CASE_TEMPLATE(sums_of_exponentials_are_accurate, T, Types) {
  const index_t n = 70;
  const std::int64_t target = 0;
  std::vector<T> x(static_cast<std::size_t>(n), 0);
  const auto log_total = [&](T below) {
    std::fill(x.begin() + 1, x.end(), below);
    T loss, logsumexp[2];
    kernels::cross_entropy(&loss, logsumexp, x.data(), {&target}, 1, n);
    return logsumexp[1];
  };
  double worst = 0;
  for (T below = 0; below > -120; below -= T(0.0073)) {
    const double want = std::log1p((n - 1) * std::exp(static_cast<double>(below)));
    worst = std::max(worst, std::abs(static_cast<double>(log_total(below)) - want) / (1 + want));
  }
  BOOST_TEST(worst <= 3 * eps<T>);
  BOOST_TEST(log_total(std::numeric_limits<T>::lowest()) == 0);
  BOOST_TEST(log_total(-std::numeric_limits<T>::infinity()) == 0);
  BOOST_TEST(std::isnan(log_total(std::numeric_limits<T>::quiet_NaN())));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(works_in_place, T, Types) {
  auto x = normal<T>(70 * 65, 3);
  const auto gy = normal<T>(70, 4);
  const auto index = some_targets(70, 65);
  const ClassTargets targets{index.data(), -100, 0.2};
  const auto want = run(x, gy, 1, targets, 70, 65);
  kernels::cross_entropy_grad(x.data(), gy.data(), 1, x.data(), want.logsumexp.data(), targets, 70, 65);
  BOOST_CHECK(test::same_bits(x, want.gx));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const auto x = normal<T>(2000 * 65, 5), gy = normal<T>(2000, 6);
  const auto index = some_targets(2000, 65);
  test::check_threads([&] {
    auto y = run(x, gy, 1, {index.data(), -100, 0.1}, 2000, 65);
    y.gx.insert(y.gx.end(), y.loss.begin(), y.loss.end());
    return y.gx;
  });
}

BOOST_AUTO_TEST_SUITE_END()
