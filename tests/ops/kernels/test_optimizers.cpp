// Optimiser kernels against their naive loops in double, and against steps worked out by hand.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/optimizers.hpp>

namespace {

using namespace xtape;
using kernels::AdamwParameter;
using kernels::SgdParameter;
using kernels::Values;
using test::check_close;
using test::converted;
using test::normal;

using Types = std::tuple<float, double>;

template <class T>
constexpr double eps = std::numeric_limits<T>::epsilon();

const std::vector<index_t> sizes = {1, 0, 5, 16, 8191, 8192, 8193, 300, 40000};
const index_t total = std::accumulate(sizes.begin(), sizes.end(), index_t{0});

/// The tensors of `sizes`, one after another in four arrays.
template <class T>
struct State {
  std::vector<T> p = normal<T>(total, 1), g = normal<T>(total, 2), m = normal<T>(total, 3),
                 v = normal<T>(total, 4);

  State() {
    for (T& x : v) x *= x;
  }

  /// make(offset, size, which) for each tensor.
  template <class Make>
  static auto tensors(Make make) {
    std::vector<decltype(make(index_t{}, index_t{}, index_t{}))> all;
    index_t at = 0, which = 0;
    for (const index_t n : sizes) {
      all.push_back(make(at, n, which++));
      at += n;
    }
    return all;
  }

  auto adamw() {
    return tensors([&](index_t at, index_t n, index_t which) {
      const double decay = which % 2 ? 0.1 : 0;
      return AdamwParameter<T>{&p[0] + at, &g[0] + at, &m[0] + at,
                               &v[0] + at, n,          1e-3 * static_cast<double>(1 + which),
                               decay,      1 + which};
    });
  }
  auto sgd(bool momentum) {
    return tensors([&](index_t at, index_t n, index_t which) {
      return SgdParameter<T>{&p[0] + at, &g[0] + at, momentum ? &m[0] + at : nullptr,
                             n,          0.1,        which % 2 ? 0.1 : 0};
    });
  }
};

template <class T>
State<double> in_double(const State<T>& s) {
  State<double> wide;
  wide.p = converted<double>(s.p);
  wide.g = converted<double>(s.g);
  wide.m = converted<double>(s.m);
  wide.v = converted<double>(s.v);
  return wide;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_optimizers)

BOOST_AUTO_TEST_CASE_TEMPLATE(adamw_equals_the_naive_loop, T, Types) {
  State<T> state;
  auto want = in_double(state);
  const kernels::AdamwOptions options{0.9, 0.99, 1e-8, 0.7};
  kernels::adamw<T>(state.adamw(), options);
  kernels::adamw_naive<double>(want.adamw(), options);
  check_close(state.m, want.m, 4 * eps<T>, 2 * eps<T>);
  check_close(state.v, want.v, 4 * eps<T>, 0);
  check_close(state.p, want.p, 4 * eps<T>, 4 * eps<T>);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_first_adamw_step_moves_by_the_learning_rate, T, Types) {
  std::vector<T> p = {1, 1, 1}, g = {3, static_cast<T>(-0.5), 0}, m(3), v(3);
  const std::vector<AdamwParameter<T>> one = {{p.data(), g.data(), m.data(), v.data(), 3, 0.01, 0.1, 1}};
  kernels::adamw<T>(one, {});
  const double decayed = 1 - 0.01 * 0.1;
  check_close(p, std::vector<double>{decayed - 0.01, decayed + 0.01, decayed}, 4 * eps<T>, 1e-9);
  check_close(m, std::vector<double>{0.3, -0.05, 0}, 4 * eps<T>, 0);
  check_close(v, std::vector<double>{0.009, 0.00025, 0}, 8 * eps<T>, 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sgd_equals_the_naive_loop, T, Types) {
  for (const bool momentum : {false, true})
    for (const bool nesterov : {false, true}) {
      State<T> state;
      auto want = in_double(state);
      const kernels::SgdOptions options{momentum ? 0.9 : 0, nesterov, 0.7};
      kernels::sgd<T>(state.sgd(momentum), options);
      kernels::sgd_naive<double>(want.sgd(momentum), options);
      check_close(state.m, want.m, 4 * eps<T>, 4 * eps<T>);
      check_close(state.p, want.p, 4 * eps<T>, 4 * eps<T>);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_sgd_steps_by_hand, T, Types) {
  std::vector<T> p = {1}, g = {2}, velocity = {0};
  const std::vector<SgdParameter<T>> one = {{p.data(), g.data(), velocity.data(), 1, 0.1, 0.5}};
  kernels::sgd<T>(one, {0.9, true, 1});  // d = 2.5, velocity 2.5, step 2.5 + 2.25
  check_close(p, std::vector<double>{0.525}, 4 * eps<T>, 0);
  kernels::sgd<T>(one, {0.9, true, 1});  // d = 2.2625, velocity 4.5125, step 2.2625 + 4.06125
  check_close(p, std::vector<double>{-0.107375}, 16 * eps<T>, 0);
  check_close(velocity, std::vector<double>{4.5125}, 4 * eps<T>, 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_norm_adds_up_in_double, T, Types) {
  const State<T> state;
  const auto values = State<T>::tensors([&](index_t at, index_t n, index_t) {
    return Values<T>{&state.g[0] + at, n};
  });
  double want = 0;
  for (const T x : state.g) want += static_cast<double>(x) * static_cast<double>(x);
  BOOST_CHECK_CLOSE_FRACTION(kernels::sum_of_squares<T>(values), want, 1e-13);
  BOOST_CHECK_EQUAL(kernels::sum_of_squares<T>({}), 0);
  const std::vector<T> huge(20, static_cast<T>(1e30));
  const std::vector<Values<T>> one = {{huge.data(), 20}};
  BOOST_CHECK_CLOSE_FRACTION(kernels::sum_of_squares<T>(one), 20 * std::pow(static_cast<double>(huge[0]), 2),
                             1e-13);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  test::check_threads([] {
    State<T> state;
    kernels::adamw<T>(state.adamw(), {});
    kernels::sgd<T>(state.sgd(true), {0.9, true, 1});
    const auto values = State<T>::tensors([&](index_t at, index_t n, index_t) {
      return Values<T>{&state.p[0] + at, n};
    });
    state.p.push_back(static_cast<T>(kernels::sum_of_squares<T>(values)));
    return state.p;
  });
}

BOOST_AUTO_TEST_SUITE_END()
