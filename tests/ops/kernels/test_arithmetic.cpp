// fill, add_into and scale on sizes around the grain.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/arithmetic.hpp>

namespace {

using namespace xtape;
using test::normal;

using Types = std::tuple<float, double>;

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_arithmetic)

BOOST_AUTO_TEST_CASE_TEMPLATE(one_operation_an_element, T, Types) {
  for (const index_t n : {0, 1, 7, 65, 40001}) {
    const auto x = normal<T>(n, 1), before = normal<T>(n, 2);
    auto sum = before, doubled = x, filled = x;
    kernels::add_into(sum.data(), x.data(), n);
    kernels::scale(doubled.data(), doubled.data(), T{2}, n);
    kernels::fill(filled.data(), T{3}, n);
    for (std::size_t i = 0; i < x.size(); ++i) {
      BOOST_REQUIRE_EQUAL(sum[i], before[i] + x[i]);
      BOOST_REQUIRE_EQUAL(doubled[i], 2 * x[i]);
      BOOST_REQUIRE_EQUAL(filled[i], 3);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const auto x = normal<T>(300001, 3);
  test::check_threads([&] {
    auto y = x;
    kernels::add_into(y.data(), x.data(), 300001);
    return y;
  });
}

BOOST_AUTO_TEST_SUITE_END()
