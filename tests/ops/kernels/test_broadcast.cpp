// The broadcasting loop against one element at a time: every pattern of axes, odd sizes, threads.
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/broadcast.hpp>
#include <xtape/ops/kernels/scratch.hpp>

namespace {

using namespace xtape;

using Types = std::tuple<float, double>;

struct Case {
  std::vector<index_t> shape;
  std::vector<std::vector<index_t>> inputs;  // their extents, of the same rank: 1 where broadcast
};

const Case cases[] = {
    {{}, {{}, {}}},
    {{1}, {{1}, {1}}},
    {{0}, {{0}, {1}}},
    {{7, 0, 3}, {{7, 0, 3}, {1, 1, 3}}},
    {{7}, {{7}, {1}}},
    {{1000}, {{1000}, {1000}}},
    {{3, 5}, {{3, 5}, {1, 5}}},
    {{3, 5}, {{3, 1}, {1, 5}}},
    {{3, 200}, {{3, 1}, {1, 200}}},
    {{200, 3}, {{200, 1}, {1, 3}, {1, 1}}},
    {{5, 1, 4, 3}, {{5, 1, 1, 3}, {1, 1, 4, 1}, {5, 1, 4, 3}}},
    {{6, 7, 8, 9}, {{6, 1, 8, 1}, {1, 7, 1, 9}, {6, 7, 1, 1}, {1, 1, 8, 9}}},
    {{3, 16411}, {{3, 16411}, {3, 1}}},
    {{3, 16411}, {{1, 16411}, {3, 16411}}},
    {{16411, 5}, {{16411, 1}, {16411, 5}}},
    {{101, 5, 101}, {{101, 1, 101}, {1, 5, 101}}},
};

std::vector<index_t> strides_of(const Case& c) {
  std::vector<index_t> strides;
  for (const auto& extents : c.inputs) {
    std::vector<index_t> own(extents.size());
    index_t step = 1;
    for (std::size_t d = extents.size(); d-- > 0; step *= extents[d]) own[d] = extents[d] == 1 ? 0 : step;
    strides.insert(strides.end(), own.begin(), own.end());
  }
  return strides;
}

index_t count(const std::vector<index_t>& shape) {
  index_t n = 1;
  for (const index_t extent : shape) n *= extent;
  return n;
}

/// 1 + 2 x[0] + 3 x[1] + ..., so that a swapped or misplaced input shows.
template <Real T>
struct Weighted {
  std::size_t inputs;
  void operator()(T* y, const T* const* x, const index_t* step, index_t n) const {
    for (index_t i = 0; i < n; ++i) {
      y[i] = 1;
      for (std::size_t k = 0; k < inputs; ++k) y[i] += static_cast<T>(k + 2) * x[k][i * step[k]];
    }
  }
};

template <Real T, class F>
std::vector<T> run(F broadcast, const Case& c) {
  std::vector<std::vector<T>> values;
  std::vector<const T*> x;
  for (std::size_t k = 0; k < c.inputs.size(); ++k) {
    values.push_back(test::normal<T>(count(c.inputs[k]), static_cast<unsigned>(k + 1)));
    x.push_back(values.back().data());
  }
  std::vector<T> y(static_cast<std::size_t>(count(c.shape)), T(-1));
  const Weighted<T> weighted{x.size()};
  broadcast(y.data(), x, c.shape, strides_of(c), weighted);
  return y;
}

const auto fast = [](auto* y, const auto& x, const auto& shape, const auto& strides, auto& f) {
  kernels::broadcast<std::remove_pointer_t<decltype(y)>>(y, x, shape, strides, f);
};
const auto naive = [](auto* y, const auto& x, const auto& shape, const auto& strides, auto& f) {
  kernels::broadcast_naive<std::remove_pointer_t<decltype(y)>>(y, x, shape, strides, f);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_broadcast)

BOOST_AUTO_TEST_CASE_TEMPLATE(equals_one_element_at_a_time, T, Types) {
  for (const Case& c : cases)
    BOOST_TEST(run<T>(fast, c) == run<T>(naive, c), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(same_bits_on_any_number_of_threads) {
  for (const Case& c : {cases[12], cases[14]}) test::check_threads([&] { return run<float>(fast, c); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(results_beyond_the_caches, T, Types) {
  const index_t rows = 4100, columns = sizeof(T) == 4 ? 2064 : 1040, n = rows * columns;
  std::vector<T> row(static_cast<std::size_t>(columns)), column(static_cast<std::size_t>(rows));
  std::iota(row.begin(), row.end(), T{0});
  std::iota(column.begin(), column.end(), T{0});
  kernels::Scratch<T> y(n);  // aligned to cache lines
  const T* const inputs[] = {row.data(), column.data()};
  const index_t shape[] = {rows, columns}, strides[] = {0, 1, 1, 0};
  kernels::broadcast<T>(y.data(), inputs, shape, strides, Weighted<T>{2});
  index_t wrong = 0;
  for (index_t i = 0; i < n; ++i) wrong += y[i] != static_cast<T>(1 + 2 * (i % columns) + 3 * (i / columns));
  BOOST_CHECK_EQUAL(wrong, 0);
}

BOOST_AUTO_TEST_SUITE_END()
