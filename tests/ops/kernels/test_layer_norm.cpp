// layer_norm kernels against their naive loops in double.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/layer_norm.hpp>

namespace {

using namespace xtape;
using test::check_close;
using test::converted;
using test::normal;

using Types = std::tuple<float, double>;

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();

/// Everything that one call of layer_norm and its gradient reads and writes.
template <class T>
struct Problem {
  index_t rows, width;
  bool affine;
  std::vector<T> x, gy, weight, bias;
  std::vector<T> y, mean, rstd, gx, gweight, gbias;

  Problem(index_t rows_, index_t width_, bool affine_)
      : rows(rows_),
        width(width_),
        affine(affine_),
        x(normal<T>(rows * width, 1)),
        gy(normal<T>(rows * width, 2)),
        weight(normal<T>(width, 3)),
        bias(normal<T>(width, 4)),
        y(x.size()),
        mean(static_cast<std::size_t>(rows)),
        rstd(mean.size()),
        gx(x.size()),
        gweight(weight.size()),
        gbias(weight.size()) {}

  const T* weight_or_null() const { return affine ? weight.data() : nullptr; }
  const T* bias_or_null() const { return affine ? bias.data() : nullptr; }
};

template <class T>
void run(Problem<T>& p) {
  kernels::layer_norm(p.y.data(), p.mean.data(), p.rstd.data(), p.x.data(), p.weight_or_null(),
                      p.bias_or_null(), T(1e-5), p.rows, p.width);
  kernels::layer_norm_grad(p.gx.data(), p.gweight.data(), p.gbias.data(), p.gy.data(), p.x.data(),
                           p.mean.data(), p.rstd.data(), p.weight_or_null(), p.rows, p.width);
}

/// The naive loops in double, on the values that T holds.
template <class T>
Problem<double> reference(const Problem<T>& p) {
  Problem<double> want(p.rows, p.width, p.affine);
  want.x = converted<double>(p.x);
  want.gy = converted<double>(p.gy);
  want.weight = converted<double>(p.weight);
  want.bias = converted<double>(p.bias);
  kernels::layer_norm_naive(want.y.data(), want.mean.data(), want.rstd.data(), want.x.data(),
                            want.weight_or_null(), want.bias_or_null(), static_cast<double>(T(1e-5)),
                            want.rows, want.width);
  kernels::layer_norm_grad_naive(want.gx.data(), want.gweight.data(), want.gbias.data(), want.gy.data(),
                                 want.x.data(), want.mean.data(), want.rstd.data(), want.weight_or_null(),
                                 want.rows, want.width);
  return want;
}

const std::pair<index_t, index_t> shapes[] = {{0, 4},    {3, 0},     {1, 1},    {3, 1},   {1, 2},
                                              {5, 3},    {4, 16},    {7, 17},   {9, 65},  {130, 64},
                                              {65, 257}, {600, 128}, {3, 5000}, {1000, 5}};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_layer_norm)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  for (const auto& [rows, width] : shapes)
    for (const bool affine : {true, false}) {
      BOOST_TEST_CONTEXT("rows " << rows << " width " << width << " affine " << affine) {
        Problem<T> p(rows, width, affine);
        run(p);
        const auto want = reference(p);
        // The naive loop rounds too, the more the longer the row: it shows where T is double.
        const double naive = sizeof(T) == 8 ? static_cast<double>(width) / 100 : 0;
        check_close(p.mean, want.mean, 2 * eps<T>, (2 + naive) * eps<T>);
        check_close(p.rstd, want.rstd, (4 + naive) * eps<T>, 0);
        // A row of one or two elements has a variance near eps or a gradient that cancels: rstd magnifies.
        const double scale = (width <= 2 ? 400 : 1) + naive;
        check_close(p.y, want.y, 8 * eps<T>, scale * 8 * eps<T>);
        check_close(p.gx, want.gx, 16 * eps<T>, scale * 64 * eps<T>);
        const double sum_of_magnitudes = static_cast<double>(rows);  // roughly: values are of the order of 1
        check_close(p.gweight, want.gweight, 8 * eps<T>, scale * eps<T> * (1 + sum_of_magnitudes));
        check_close(p.gbias, want.gbias, 8 * eps<T>, eps<T> * sum_of_magnitudes);
      }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gradients_nobody_asked_for_are_left_alone, T, Types) {
  Problem<T> p(70, 33, true);
  run(p);
  const auto all = p;
  const auto ask = [&](T* gx, T* gweight, T* gbias) {
    kernels::layer_norm_grad(gx, gweight, gbias, p.gy.data(), p.x.data(), p.mean.data(), p.rstd.data(),
                             p.weight.data(), p.rows, p.width);
  };
  for (int which = 0; which < 3; ++which) {
    p.gx.assign(p.gx.size(), 7);
    p.gweight.assign(p.gweight.size(), 7);
    p.gbias.assign(p.gbias.size(), 7);
    ask(which == 0 ? p.gx.data() : nullptr, which == 1 ? p.gweight.data() : nullptr,
        which == 2 ? p.gbias.data() : nullptr);
    BOOST_CHECK(which != 0 || test::same_bits(p.gx, all.gx));
    BOOST_CHECK(which != 1 || test::same_bits(p.gweight, all.gweight));
    BOOST_CHECK(which != 2 || test::same_bits(p.gbias, all.gbias));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(works_in_place, T, Types) {
  Problem<T> p(70, 33, true);
  run(p);
  auto y = p.x, gx = p.gy;
  kernels::layer_norm(y.data(), p.mean.data(), p.rstd.data(), y.data(), p.weight.data(), p.bias.data(),
                      T(1e-5), p.rows, p.width);
  BOOST_CHECK(test::same_bits(y, p.y));
  std::vector<T> gweight(p.weight.size()), gbias(p.bias.size());
  kernels::layer_norm_grad(gx.data(), gweight.data(), gbias.data(), gx.data(), p.x.data(), p.mean.data(),
                           p.rstd.data(), p.weight.data(), p.rows, p.width);
  BOOST_CHECK(test::same_bits(gx, p.gx));
  BOOST_CHECK(test::same_bits(gweight, p.gweight));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_large_mean_does_not_spoil_the_variance, T, Types) {
  const index_t width = 512;
  Problem<T> p(1, width, false);
  for (index_t i = 0; i < width; ++i) p.x[static_cast<std::size_t>(i)] = static_cast<T>(10000 + i % 2);
  run(p);
  BOOST_CHECK_CLOSE(p.rstd[0], 2.0, 0.01);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  test::check_threads([] {
    Problem<T> p(3000, 96, true);
    run(p);
    auto all = p.y;
    for (const auto* part : {&p.gx, &p.gweight, &p.gbias}) all.insert(all.end(), part->begin(), part->end());
    return all;
  });
}

BOOST_AUTO_TEST_SUITE_END()
