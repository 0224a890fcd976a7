// Rotary positions against the formula.
#include <boost/test/unit_test.hpp>

#include <limits>

#include <xtape/ops/kernels/rotary.hpp>

#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using namespace xtape::kernels;

namespace {

template <Real T>
std::vector<T> turned(const std::vector<T>& x, double base, index_t offset, const Turn& turn) {
  const auto angles = static_cast<std::size_t>(turn.length * turn.pairs);
  std::vector<T> y(x.size(), std::numeric_limits<T>::quiet_NaN()), cosines(angles), sines(angles);
  rotary_angles(cosines.data(), sines.data(), turn.length, turn.pairs, base, offset);
  rotary(y.data(), x.data(), cosines.data(), sines.data(), turn);
  return y;
}

template <Real T>
void compare(const Turn& turn, double base, index_t offset, double tolerance) {
  const auto x = test::normal<T>(turn.matrices * turn.length * 2 * turn.pairs, 1);
  std::vector<T> want(x.size());
  rotary_naive(want.data(), x.data(), base, offset, turn);
  test::check_close(turned(x, base, offset, turn), want, 0, tolerance);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_rotary)

BOOST_AUTO_TEST_CASE(equals_the_formula) {
  for (const bool interleaved : {false, true})
    for (const bool back : {false, true})
      for (const Turn& turn : {Turn{1, 1, 1, interleaved, back},
                               {3, 7, 4, interleaved, back},
                               {2, 130, 33, interleaved, back},
                               {40, 301, 8, interleaved, back},
                               {0, 3, 2, interleaved, back},
                               {2, 0, 2, interleaved, back},
                               {2, 3, 0, interleaved, back}})
        for (const auto& [base, offset] :
             {std::pair{10000.0, index_t{0}}, {500.0, index_t{1000000}}, {2.0, index_t{-5}}}) {
          compare<double>(turn, base, offset,
                          1e-9);  // angles of a million radians have 1e-10 in their last place
          compare<float>(turn, base, offset, 1e-5);
        }
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  test::check_threads([] {
    return turned(test::normal<float>(64 * 500 * 16, 2), 10000, 3, {64, 500, 8, true, false});
  });
}

BOOST_AUTO_TEST_SUITE_END()
