// The engine's own loops, on sizes around the grain.
#include <boost/test/unit_test.hpp>

#include <tuple>

#include <xtape/core/accumulate_impl.hpp>
#include <xtape/core/stream_impl.hpp>

#include "tests/support/kernel_checks.hpp"

using namespace xtape;

namespace {

using Types = std::tuple<float, double>;

template <Real T>
BasicTensor<T> normal(index_t n, unsigned seed) {
  auto y = uninitialized<T>({n});
  std::ranges::copy(test::normal<T>(n, seed), y.data());
  return y;
}

template <Real T>
std::vector<T> values(const AnyTensor& x) {
  const T* data = BasicTensor<T>(x).data();
  return {data, data + x.size()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accumulate)

BOOST_AUTO_TEST_CASE_TEMPLATE(one_operation_an_element, T, Types) {
  for (const index_t n : {0, 1, 7, 65, 40001}) {
    const BasicTensor<T> a = normal<T>(n, 1), b = normal<T>(n, 2);
    const auto ones = values<T>(detail::filled({n}, dtype_of<T>, 1)),
               sum = values<T>(detail::add_gradients(a, b));
    const AnyTensor copy = detail::copy(a);
    BOOST_TEST(values<T>(copy) == values<T>(a));
    detail::add_into(copy, b);
    for (std::size_t i = 0; i < ones.size(); ++i) {
      BOOST_REQUIRE_EQUAL(ones[i], 1);
      BOOST_REQUIRE_EQUAL(sum[i], a.data()[i] + b.data()[i]);
    }
    BOOST_TEST(values<T>(copy) == sum);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(copies_beyond_the_caches, T, Types) {
  auto x = uninitialized<T>({detail::streamed_bytes / static_cast<index_t>(sizeof(T)) + 5});
  for (index_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 65521);
  const BasicTensor<T> a = std::move(x);
  BOOST_TEST((values<T>(detail::copy(a)) == values<T>(a)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const BasicTensor<T> a = normal<T>(300001, 1), b = normal<T>(300001, 2);
  test::check_threads([&] { return values<T>(detail::add_gradients(a, b)); });
}

BOOST_AUTO_TEST_SUITE_END()
