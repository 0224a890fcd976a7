// Gathering and scattering rows against the naive loops.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/embedding.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace {

using namespace xtape;
using test::normal;

using Types = std::tuple<float, double>;

struct Case {
  index_t count, width, rows;
};

const Case cases[] = {{0, 3, 2},  {4, 0, 2},    {1, 1, 1},      {5, 3, 2},     {7, 16, 4},
                      {9, 65, 3}, {300, 33, 5}, {768, 128, 65}, {2000, 100, 3}};

std::vector<std::int64_t> some_rows(const Case& c) {
  std::mt19937 engine(3);
  std::vector<std::int64_t> index(static_cast<std::size_t>(c.count));
  for (auto& i : index) i = static_cast<std::int64_t>(engine() % static_cast<unsigned>(c.rows));
  return index;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_embedding)

BOOST_AUTO_TEST_CASE_TEMPLATE(gathers_like_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    const auto table = normal<T>(c.rows * c.width, 1);
    const auto index = some_rows(c);
    std::vector<T> y(static_cast<std::size_t>(c.count * c.width)), want(y.size());
    kernels::gather_rows(y.data(), table.data(), index.data(), c.count, c.width);
    kernels::gather_rows_naive(want.data(), table.data(), index.data(), c.count, c.width);
    BOOST_CHECK(test::same_bits(y, want));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gathers_results_beyond_the_caches, T, Types) {
  const Case c{sizeof(T) == 4 ? 35000 : 17500, 240, 100};
  const auto table = normal<T>(c.rows * c.width, 1);
  const auto index = some_rows(c);
  kernels::Scratch<T> y(c.count * c.width), want(c.count * c.width);  // aligned to cache lines
  kernels::gather_rows(y.data(), table.data(), index.data(), c.count, c.width);
  kernels::gather_rows_naive(want.data(), table.data(), index.data(), c.count, c.width);
  BOOST_CHECK(std::equal(y.data(), y.data() + c.count * c.width, want.data()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(scatters_like_the_naive_loop, T, Types) {
  for (const Case& c : cases) {
    const auto gy = normal<T>(c.count * c.width, 2);
    const auto index = some_rows(c);
    auto table = normal<T>(c.rows * c.width, 1), want = table;
    kernels::scatter_add_rows(table.data(), gy.data(), index.data(), c.count, c.width);
    kernels::scatter_add_rows_naive(want.data(), gy.data(), index.data(), c.count, c.width);
    BOOST_CHECK(test::same_bits(table, want));
    want.assign(want.size(), T{0});
    kernels::scatter_add_rows_naive(want.data(), gy.data(), index.data(), c.count, c.width);
    kernels::scatter_rows(table.data(), c.rows, gy.data(), index.data(), c.count, c.width);
    BOOST_CHECK(test::same_bits(table, want));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(scatters_into_tables_beyond_the_caches, T, Types) {
  const Case c{2000, 240, sizeof(T) == 4 ? 35000 : 17500};
  const auto gy = normal<T>(c.count * c.width, 2);
  const auto index = some_rows(c);
  kernels::Scratch<T> table(c.rows * c.width);  // aligned to cache lines
  std::vector<T> want(static_cast<std::size_t>(c.rows * c.width));
  kernels::scatter_rows(table.data(), c.rows, gy.data(), index.data(), c.count, c.width);
  kernels::scatter_add_rows_naive(want.data(), gy.data(), index.data(), c.count, c.width);
  BOOST_CHECK(std::equal(want.begin(), want.end(), table.data()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  const Case c{3000, 256, 20};
  const auto values = normal<T>(c.count * c.width, 5);
  const auto index = some_rows(c);
  test::check_threads([&] {
    std::vector<T> y(values.size());
    kernels::gather_rows(y.data(), values.data(), index.data(), c.count, c.width);
    return y;
  });
  test::check_threads([&] {
    std::vector<T> table(static_cast<std::size_t>(c.rows * c.width));
    kernels::scatter_add_rows(table.data(), values.data(), index.data(), c.count, c.width);
    return table;
  });
  test::check_threads([&] {
    std::vector<T> table(static_cast<std::size_t>(c.rows * c.width));
    kernels::scatter_rows(table.data(), c.rows, values.data(), index.data(), c.count, c.width);
    return table;
  });
}

BOOST_AUTO_TEST_SUITE_END()
