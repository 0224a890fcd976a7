// Attention of one query against its naive loops in double.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/attention_step.hpp>

using namespace xtape;
using test::converted;
using test::normal;

using Types = std::tuple<float, double>;

BOOST_AUTO_TEST_SUITE(attention_step_kernel)

BOOST_AUTO_TEST_CASE_TEMPLATE(agrees_with_naive, T, Types) {
  const double tolerance = 16 * std::numeric_limits<T>::epsilon();
  for (const index_t n : {1, 2, 3, 4, 5, 70, 300})
    for (const index_t D : {1, 4, 17, 64, 100})
      for (const double scale : {0.1, 30.0}) {
        const auto q = normal<T>(D, 1), k = normal<T>(n * D, 2), v = normal<T>(n * D, 3);
        std::vector<T> y(q.size());
        std::vector<double> want(q.size());
        kernels::attend_one(y.data(), q.data(), k.data(), v.data(), n, D, static_cast<T>(scale));
        kernels::attend_one_naive(want.data(), converted<double>(q).data(), converted<double>(k).data(),
                                  converted<double>(v).data(), n, D,
                                  static_cast<double>(static_cast<T>(scale)));
        test::check_close(y, want, tolerance, tolerance * scale * static_cast<double>(D));
      }
}

BOOST_AUTO_TEST_CASE(scores_may_be_huge_or_impossible) {
  const float q[] = {1}, v[] = {1, 2, 3}, huge[] = {1e30F, 1e38F, -1e38F}, hidden[] = {-INFINITY, 0, 0};
  float y;
  kernels::attend_one(&y, q, huge, v, 3, 1, 1.0F);
  BOOST_TEST(y == 2);
  kernels::attend_one(&y, q, hidden, v, 3, 1, 1.0F);
  BOOST_TEST(y == 2.5);
  const float nothing[] = {-INFINITY, -INFINITY, -INFINITY};
  kernels::attend_one(&y, q, nothing, v, 3, 1, 1.0F);
  BOOST_TEST(y == 0);
  kernels::attend_one_naive(&y, q, nothing, v, 3, 1, 1.0F);
  BOOST_TEST(y == 0);
}

BOOST_AUTO_TEST_SUITE_END()
