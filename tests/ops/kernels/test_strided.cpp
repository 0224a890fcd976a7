// Strided copies against the naive loop: permutations, broadcasts, steps, flips, slices, and random views.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <tests/support/kernel_checks.hpp>
#include <xtape/ops/kernels/scratch.hpp>
#include <xtape/ops/kernels/strided.hpp>

namespace {

using namespace xtape;
using test::Extents;
using test::normal;
using test::same_bits;
using test::volume;

using Types = std::tuple<float, double>;

/// A window on a buffer of `buffer` elements: index 0 stands at `start`.
struct View {
  Extents shape, strides;
  index_t buffer, start;
};

/// The transpose of a contiguous array: axis i of the view is axis order[i] of the array.
View permuted(const Extents& array, const std::vector<std::size_t>& order) {
  Extents steps(array.size(), 1);
  for (std::size_t i = array.size(); i-- > 1;) steps[i - 1] = steps[i] * array[i];
  View view{{}, {}, volume(array), 0};
  for (const std::size_t axis : order) {
    view.shape.push_back(array[axis]);
    view.strides.push_back(steps[axis]);
  }
  return view;
}

/// A window of random rank, axis order, steps and directions; broadcast axes where allowed.
View random_view(std::mt19937& engine, bool broadcast) {
  const auto pick = [&](index_t below) {
    return static_cast<index_t>(engine() % static_cast<unsigned>(below));
  };
  const std::size_t rank = static_cast<std::size_t>(pick(5));
  const index_t most = rank <= 2 ? 90 : rank == 3 ? 30 : 12;
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), engine);
  View view{Extents(rank), Extents(rank), 1, 0};
  for (const std::size_t axis : order) {
    view.shape[axis] = 1 + pick(most);
    const index_t step = pick(4) == 0 ? 2 : 1, padding = pick(3);
    if (broadcast && pick(5) == 0) continue;
    const bool backwards = pick(5) == 0;
    view.strides[axis] = view.buffer * step * (backwards ? -1 : 1);
    if (backwards) view.start += (view.shape[axis] - 1) * view.buffer * step;
    view.buffer *= view.shape[axis] * step + padding;
  }
  return view;
}

template <class T>
void check_copy(const View& view) {
  const auto x = normal<T>(view.buffer, 1);
  std::vector<T> y(static_cast<std::size_t>(volume(view.shape))), want(y.size());
  kernels::strided_copy(y.data(), x.data() + view.start, view.strides, view.shape);
  kernels::strided_copy_naive(want.data(), x.data() + view.start, view.strides, view.shape);
  BOOST_CHECK(same_bits(y, want));
}

template <class T>
void check_assign_and_add(const View& view) {
  const auto x = normal<T>(volume(view.shape), 2);
  auto y = normal<T>(view.buffer, 3), want = y;
  kernels::strided_assign(y.data() + view.start, view.strides, x.data(), view.shape);
  kernels::strided_assign_naive(want.data() + view.start, view.strides, x.data(), view.shape);
  BOOST_CHECK(same_bits(y, want));
  kernels::strided_add(y.data() + view.start, view.strides, x.data(), view.shape);
  kernels::strided_add_naive(want.data() + view.start, view.strides, x.data(), view.shape);
  BOOST_CHECK(same_bits(y, want));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels_strided)

BOOST_AUTO_TEST_CASE_TEMPLATE(transposes, T, Types) {
  const std::pair<Extents, std::vector<std::size_t>> cases[] = {
      {{1, 1}, {1, 0}},         {{7, 3}, {1, 0}},
      {{16, 16}, {1, 0}},       {{64, 65}, {1, 0}},
      {{131, 77}, {1, 0}},      {{300, 200}, {1, 0}},
      {{2, 33, 70}, {0, 2, 1}}, {{5, 16, 4, 32}, {0, 2, 1, 3}},
      {{9, 20, 17}, {2, 1, 0}}, {{9, 20, 17}, {2, 0, 1}},
      {{9, 20, 17}, {1, 2, 0}}, {{4, 5, 6, 7}, {3, 1, 0, 2}},
      {{0, 3}, {1, 0}},
  };
  for (const auto& [array, order] : cases) {
    check_copy<T>(permuted(array, order));
    check_assign_and_add<T>(permuted(array, order));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(results_beyond_the_caches, T, Types) {
  const index_t half = sizeof(T) / 4;
  const index_t cases[][3] = {{2, 8208 / half, 520}, {2, 1400000 / half, 3}, {1, 16, 600016 / half}};
  for (const auto& [planes, rows, columns] : cases) {
    const index_t n = planes * rows * columns;
    std::vector<T> x(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i % 65521);
    kernels::Scratch<T> y(n);  // aligned to cache lines
    kernels::strided_copy(y.data(), x.data(), Extents{rows * columns, 1, columns},
                          Extents{planes, columns, rows});
    index_t wrong = 0;
    for (index_t i = 0; i < n; ++i) {
      const index_t p = i / (columns * rows), a = i / rows % columns, b = i % rows;
      wrong += y[i] != static_cast<T>(((p * rows + b) * columns + a) % 65521);
    }
    BOOST_TEST(wrong == 0, planes << " x " << rows << " x " << columns);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(broadcasts_steps_and_flips, T, Types) {
  const View views[] = {
      {{}, {}, 1, 0},
      {{5}, {0}, 1, 0},
      {{3, 7}, {0, 1}, 7, 0},
      {{7, 3}, {1, 0}, 7, 0},
      {{3, 7}, {0, 0}, 1, 0},
      {{2, 3, 4}, {4, 0, 1}, 8, 0},
      {{10}, {2}, 20, 0},
      {{10}, {-1}, 10, 9},
      {{4, 5}, {5, -1}, 20, 4},
      {{4, 5}, {-5, 1}, 20, 15},
      {{4, 5}, {-5, -1}, 20, 19},
      {{3, 4, 1}, {4, 1, 77}, 12, 0},
      {{50000}, {-1}, 50000, 49999},
      {{3, 40000}, {0, 1}, 40000, 0},
  };
  for (const View& view : views) check_copy<T>(view);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(slices_leave_the_rest_alone, T, Types) {
  const View views[] = {
      {{4, 3}, {10, 1}, 40, 2},
      {{4, 3}, {10, 3}, 40, 1},
      {{3}, {-4}, 12, 11},
      {{2, 40, 30}, {1, 2, 80}, 2400, 0},
      {{3, 40000}, {50000, 1}, 150000, 7},
      {{0}, {1}, 4, 0},
  };
  for (const View& view : views) check_assign_and_add<T>(view);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_views, T, Types) {
  std::mt19937 engine(5);
  for (int i = 0; i < 400; ++i) {
    check_copy<T>(random_view(engine, true));
    check_assign_and_add<T>(random_view(engine, false));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_number_of_threads, T, Types) {
  for (const View& view :
       {permuted({600, 500}, {1, 0}), permuted({300, 20, 50}, {1, 0, 2}), permuted({300000}, {0})}) {
    const auto x = normal<T>(view.buffer, 6);
    test::check_threads([&] {
      std::vector<T> y(x.size());
      kernels::strided_copy(y.data(), x.data(), view.strides, view.shape);
      return y;
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
