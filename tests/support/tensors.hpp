// Comparing tensors in tests: shape and every value.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <xtape/core/tensor.hpp>

namespace xtape::test {

/// Shape and values agree: |y - want| <= rtol * max(|want|, 1); NaN agrees with NaN. Returns what Boost.Test
/// prints: BOOST_TEST(close(y, {{1, 2}, {3, 4}})).
template <Real T>
boost::test_tools::assertion_result close(const BasicTensor<T>& y,
                                          const std::type_identity_t<BasicTensor<T>>& want, double rtol = 0) {
  boost::test_tools::assertion_result result(y.shape() == want.shape());
  if (!result) {
    result.message() << "shape " << to_string(y.shape()) << " instead of " << to_string(want.shape());
    return result;
  }
  for (index_t i = 0; i < y.size(); ++i) {
    const double a = y.data()[i], b = want.data()[i];
    if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= rtol * std::max(std::abs(b), 1.0))
      continue;
    result = false;
    result.message() << "element " << i << " of shape " << to_string(y.shape()) << ": " << a << " instead of "
                     << b << ", " << a - b << " away";
    return result;
  }
  return result;
}

/// Shape and values are the same.
template <Real T>
boost::test_tools::assertion_result equal(const BasicTensor<T>& y,
                                          const std::type_identity_t<BasicTensor<T>>& want) {
  return close(y, want);
}

/// The same for masks and indices.
template <class E>
boost::test_tools::assertion_result equal(const ConstArray<E>& y,
                                          const std::type_identity_t<ConstArray<E>>& want) {
  boost::test_tools::assertion_result result(y.shape() == want.shape() &&
                                             std::equal(y.data(), y.data() + y.size(), want.data()));
  if (!result) result.message() << y << " instead of " << want;
  return result;
}

}  // namespace xtape::test
