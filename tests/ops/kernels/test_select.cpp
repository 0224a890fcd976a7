// Selection by a mask against the naive loop, with every kind of broadcasting.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/select.hpp>

namespace {

using namespace xtape;
using test::Extents;
using test::normal;
using test::strides_of;
using test::volume;

using Types = std::tuple<float, double>;

struct Bools {
  explicit Bools(index_t n) : values(new bool[static_cast<std::size_t>(n) + 1]) {
    std::mt19937 engine(4);
    for (index_t i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = engine() & 1;
  }
  std::unique_ptr<bool[]> values;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_select)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_the_naive_loop, T, Types) {
  for (const Extents& shape : {Extents{}, Extents{0, 3}, Extents{1}, Extents{7}, Extents{3, 65},
                               Extents{4, 1, 17}, Extents{2, 5, 33}, Extents{40000}, Extents{3, 33000}}) {
    const index_t n = volume(shape);
    const Bools mask(n);
    const auto a = normal<T>(n + 1, 1), b = normal<T>(n + 1, 2);
    const unsigned kinds = 1u << shape.size();
    for (unsigned m = 0; m < kinds; ++m)
      for (unsigned i = 0; i < kinds; ++i)
        for (unsigned j = 0; j < kinds; ++j) {
          const Extents mask_steps = strides_of(shape, m), a_steps = strides_of(shape, i),
                        b_steps = strides_of(shape, j);
          std::vector<T> y(static_cast<std::size_t>(n)), want(y.size());
          kernels::select<T>(y.data(), {mask.values.get(), mask_steps}, {a.data(), a_steps},
                             {b.data(), b_steps}, shape);
          kernels::select_naive<T>(want.data(), {mask.values.get(), mask_steps}, {a.data(), a_steps},
                                   {b.data(), b_steps}, shape);
          BOOST_REQUIRE(test::same_bits(y, want));
        }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(reads_transposed_and_backward_operands, T, Types) {
  const Extents shape = {30, 20}, turned = {1, 30}, plain = {20, 1}, backward = {20, -1}, doubled = {40, 2};
  const Bools mask(1200);
  const auto a = normal<T>(1200, 1), b = normal<T>(1200, 2);
  const Extents* const steps[] = {&turned, &plain, &backward, &doubled};
  for (const Extents* m : steps)
    for (const Extents* i : steps)
      for (const Extents* j : steps) {
        const auto start = [&](const Extents* s) { return s == &backward ? 19 : 0; };
        std::vector<T> y(600), want(600);
        kernels::select<T>(y.data(), {mask.values.get() + start(m), *m}, {a.data() + start(i), *i},
                           {b.data() + start(j), *j}, shape);
        kernels::select_naive<T>(want.data(), {mask.values.get() + start(m), *m}, {a.data() + start(i), *i},
                                 {b.data() + start(j), *j}, shape);
        BOOST_REQUIRE(test::same_bits(y, want));
      }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_not_chosen_does_no_harm, T, Types) {
  const Extents shape = {3}, one = {1};
  const bool mask[] = {true, false, true};
  const T a[] = {1, static_cast<T>(NAN), 3}, b[] = {static_cast<T>(INFINITY), 5, static_cast<T>(NAN)};
  std::vector<T> y(3);
  kernels::select<T>(y.data(), {mask, one}, {a, one}, {b, one}, shape);
  BOOST_CHECK(y == (std::vector<T>{1, 5, 3}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const Extents shape = {600, 500}, mask_steps = {0, 1}, steps = {500, 1}, scalar = {0, 0};
  const Bools mask(500);
  const auto a = normal<T>(1, 1), b = normal<T>(300000, 2);
  test::check_threads([&] {
    std::vector<T> y(b.size());
    kernels::select<T>(y.data(), {mask.values.get(), mask_steps}, {a.data(), scalar}, {b.data(), steps},
                       shape);
    return y;
  });
}

BOOST_AUTO_TEST_SUITE_END()
