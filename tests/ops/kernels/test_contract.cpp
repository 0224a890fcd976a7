// Contraction kernels against the naive loop: matrices in any layout inside loops, rows, and dot products.
#include <array>
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/contract.hpp>

namespace {

using namespace xtape;
using kernels::ContractAxis;
using kernels::GemmShape;
using test::check_close;
using test::normal;

using Types = std::tuple<float, double>;
using Loops = std::vector<ContractAxis>;

/// Room for every place that the axes reach in one array.
index_t room(const Loops& axes, index_t ContractAxis::*array) {
  index_t last = 0;
  for (const ContractAxis& axis : axes) last += (axis.extent - 1) * (axis.*array);
  return last + 1;
}

template <class T>
struct Arrays {
  std::vector<T> y, a, b;

  explicit Arrays(const Loops& axes)
      : y(normal<T>(room(axes, &ContractAxis::y), 1)),
        a(normal<T>(room(axes, &ContractAxis::a), 2)),
        b(normal<T>(room(axes, &ContractAxis::b), 3)) {}
};

/// run(y, a, b, accumulate) computes what contract_naive does, overwriting and adding.
template <class T, class Run>
void check(const Loops& axes, Run run) {
  const Arrays<T> in(axes);
  index_t terms = 1;
  for (const ContractAxis& axis : axes) terms *= axis.y == 0 ? axis.extent : 1;
  for (const bool accumulate : {false, true}) {
    auto y = in.y, want = in.y;
    run(y.data(), in.a.data(), in.b.data(), accumulate);
    kernels::contract_naive(want.data(), in.a.data(), in.b.data(), axes, accumulate);
    check_close(y, want, 0,
                std::numeric_limits<T>::epsilon() * 4 * std::sqrt(double(terms)) * std::sqrt(double(terms)));
  }
}

Loops joined(Loops axes, const Loops& more) {
  axes.insert(axes.end(), more.begin(), more.end());
  return axes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contract_kernels)

BOOST_AUTO_TEST_CASE_TEMPLATE(small_ones_of_any_layout, T, Types) {
  const ContractAxis row{3, 20, 10, 0}, column{4, 2, 0, 3}, batch{5, 100, 50, 60}, summed{6, 0, 1, 20};
  for (const Loops& axes : {Loops{},
                            {row},
                            {column},
                            {batch},
                            {summed},
                            {row, column},
                            {summed, row},
                            {column, summed, row},
                            {summed, batch, column},
                            {batch, row}})
    check<T>(axes, [&](T* y, const T* a, const T* b, bool accumulate) {
      BOOST_TEST(kernels::contract_small(y, a, b, axes, accumulate));
    });
}

BOOST_AUTO_TEST_CASE(only_small_ones_with_few_axes_are_small) {
  const auto is_small = [](const Loops& axes) {
    Arrays<float> in(axes);
    return kernels::contract_small(in.y.data(), in.a.data(), in.b.data(), axes, false);
  };
  BOOST_TEST(is_small({{8, 8, 4, 0}, {4, 1, 0, 4}, {4, 0, 1, 1}}));
  BOOST_TEST(!is_small({{8, 8, 4, 0}, {4, 1, 0, 4}, {5, 0, 1, 1}}));
  BOOST_TEST(!is_small({{129, 1, 1, 0}}));
  BOOST_TEST(!is_small({{2, 0, 4, 4}, {2, 0, 1, 1}}));
  BOOST_TEST(!is_small({{2, 4, 4, 4}, {2, 2, 2, 0}, {2, 1, 0, 1}}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_in_any_layout_inside_loops, T, Types) {
  const Loops no_loop, batch = {{3, 400, 500, 600}}, two = {{2, 900, 0, 1500}, {3, 300, 400, 500}};
  const Loops terms = {{4, 0, 700, 800}};
  for (const auto& [m, n, k] :
       {std::array<index_t, 3>{5, 7, 9}, {1, 7, 9}, {5, 1, 9}, {5, 7, 1}, {1, 1, 9}, {1, 1, 1}})
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        for (const index_t gap : {0, 3})
          for (const Loops& outer : {no_loop, batch, two})
            for (const Loops& summed : {no_loop, terms}) {
              const index_t a_step = (ta ? m : k) + gap, b_step = (tb ? k : n) + gap, y_step = n + gap;
              const GemmShape product{m, n, k, a_step, b_step, y_step, ta, tb};
              const Loops matrices = {{m, y_step, ta ? 1 : a_step, 0},
                                      {n, 1, 0, tb ? b_step : 1},
                                      {k, 0, ta ? a_step : 1, tb ? 1 : b_step}};
              check<T>(joined(joined(matrices, outer), summed),
                       [&](T* y, const T* a, const T* b, bool accumulate) {
                         kernels::contract_products(y, a, b, product, outer, summed, accumulate);
                       });
            }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_of_any_step, T, Types) {
  for (const index_t n : {1, 7, 64, 100})
    for (const ContractAxis& inner :
         {ContractAxis{n, 1, 1, 1}, {n, 1, 1, 0}, {n, 1, 0, 1}, {n, 2, 1, 1}, {n, 1, 3, 0}, {n, 3, 2, 5}})
      for (const Loops& outer :
           {Loops{}, Loops{{5, 1000, 0, 700}}, Loops{{2, 4000, 900, 0}, {3, 1000, 0, 700}}})
        for (const Loops& summed : {Loops{}, Loops{{3, 0, 11, 13}}})
          check<T>(joined(joined({inner}, outer), summed),
                   [&](T* y, const T* a, const T* b, bool accumulate) {
                     kernels::contract_rows(y, a, b, inner, outer, summed, accumulate);
                   });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(dot_products_of_any_step, T, Types) {
  for (const index_t n : {1, 7, 100, 70000})
    for (const ContractAxis& inner : {ContractAxis{n, 0, 1, 1}, {n, 0, 2, 1}, {n, 0, 3, 5}})
      for (const Loops& outer : {Loops{}, Loops{{5, 2, 100, 0}}, Loops{{2, 10, 0, 30}, {3, 1, 50, 0}}})
        for (const Loops& summed : {Loops{}, Loops{{3, 0, 11, 13}}})
          check<T>(joined(joined({inner}, outer), summed),
                   [&](T* y, const T* a, const T* b, bool accumulate) {
                     kernels::contract_dots(y, a, b, inner, outer, summed, accumulate);
                   });
}

BOOST_AUTO_TEST_CASE(a_dot_product_of_scalars) {
  float y = 2;
  const float a = 3, b = 5;
  kernels::contract_dots(&y, &a, &b, {1, 0, 0, 0}, {}, {}, true);
  BOOST_TEST(y == 17);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const auto a = normal<float>(600 * 4000, 1), b = normal<float>(600 * 4000, 2);
  const auto run = [&](auto kernel) {
    return [&, kernel] {
      std::vector<float> y(600 * 4000);
      kernel(y.data());
      return y;
    };
  };
  const Loops outer = {{600, 4000, 4000, 4000}};
  const GemmShape product = kernels::gemm_shape(50, 60, 30);
  test::check_threads(run([&](float* y) {
    kernels::contract_products(y, a.data(), b.data(), product, outer, Loops{{2, 0, 1500, 1800}}, false);
  }));
  test::check_threads(run([&](float* y) {
    kernels::contract_rows(y, a.data(), b.data(), {4000, 1, 1, 1}, outer, {}, false);
  }));
  test::check_threads(run([&](float* y) {
    kernels::contract_dots(y, a.data(), b.data(), {4000, 0, 1, 1}, outer, {}, false);
  }));
  test::check_threads(run([&](float* y) {
    kernels::contract_dots(y, a.data(), b.data(), {600 * 4000, 0, 1, 1}, {}, {}, false);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
