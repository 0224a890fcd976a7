// Comparisons against the naive loop with every kind of broadcasting; any and all over every choice of axes.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/any.hpp>
#include <xtape/ops/kernels/relate.hpp>

namespace {

using namespace xtape;
using test::Extents;
using test::strides_of;
using test::volume;

using Types = std::tuple<float, double>;
using Bools = std::unique_ptr<bool[]>;

const std::vector<Extents> shapes = {{},         {0, 3},     {1},     {7},       {3, 65},
                                     {4, 1, 17}, {2, 5, 33}, {40000}, {3, 33000}};

Bools bools(index_t n) { return std::make_unique<bool[]>(static_cast<std::size_t>(n)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_relate)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  for (const Extents& shape : shapes) {
    const index_t n = volume(shape);
    auto a = test::normal<T>(n + 1, 1), b = test::normal<T>(n + 1, 2);
    a[0] = b[static_cast<std::size_t>(n / 2)] = std::numeric_limits<T>::quiet_NaN();
    const unsigned kinds = 1u << shape.size();
    for (unsigned i = 0; i < kinds; ++i)
      for (unsigned j = 0; j < kinds; ++j) {
        const Extents a_steps = strides_of(shape, i), b_steps = strides_of(shape, j);
        const auto check = [&]<class Relation>(Relation) {
          const Bools y = bools(n), want = bools(n);
          kernels::relate<Relation, T>(y.get(), {a.data(), a_steps}, {b.data(), b_steps}, shape);
          kernels::relate_naive<Relation, T>(want.get(), {a.data(), a_steps}, {b.data(), b_steps}, shape);
          BOOST_TEST(std::equal(y.get(), y.get() + n, want.get()));
        };
        check(std::less<>());
        check(std::not_equal_to<>());
      }
  }
}

BOOST_AUTO_TEST_CASE(any_and_all_look_at_every_element) {
  for (const Extents& shape :
       {Extents{}, Extents{1}, Extents{9}, Extents{3, 5}, Extents{2, 3, 4}, Extents{2, 1, 5}}) {
    const index_t n = volume(shape);
    for (unsigned kept = 0; kept < 1u << shape.size(); ++kept) {
      Extents y_shape = shape;
      for (std::size_t d = 0; d < shape.size(); ++d)
        if (!(kept >> d & 1)) y_shape[d] = 1;
      const index_t results = volume(y_shape);
      for (index_t at = 0; at < n; ++at) {
        const Bools x = bools(n), y = bools(results);
        x[static_cast<std::size_t>(at)] = true;
        kernels::any(y.get(), x.get(), y_shape, shape);
        BOOST_TEST(std::count(y.get(), y.get() + results, true) == 1);
        for (index_t i = 0; i < n; ++i) x[static_cast<std::size_t>(i)] = i != at;
        kernels::all(y.get(), x.get(), y_shape, shape);
        BOOST_TEST(std::count(y.get(), y.get() + results, false) == 1);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
