// In which order einsum multiplies: multiplications counted, the places of products.
#include <boost/test/unit_test.hpp>

#include <xtape/ops/einsum_order_impl.hpp>

using namespace xtape;

namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

/// A chain of matrices, factor i of (extents[i], extents[i + 1]), with labels 0, 1, 2, ...
struct Chain {
  std::vector<Labels> factors;
  Labels output;
  std::vector<LabelExtent> extents;
};

Chain chain(const std::vector<index_t>& sizes) {
  Chain c;
  const int last = static_cast<int>(sizes.size()) - 1;
  for (int label = 0; label <= last; ++label) {
    c.extents.push_back({label, sizes[static_cast<std::size_t>(label)]});
    if (label < last) c.factors.push_back({label, label + 1});
  }
  c.output = {0, last};
  return c;
}

EinsumOrder cheapest(const Chain& c) { return cheapest_order(c.factors, c.output, c.extents); }

/// From the left, one factor after the other.
double multiplications_from_left(const std::vector<index_t>& sizes) {
  double count = 0;
  for (std::size_t i = 2; i < sizes.size(); ++i)
    count +=
        static_cast<double>(sizes[0]) * static_cast<double>(sizes[i - 1]) * static_cast<double>(sizes[i]);
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(einsum_order)

BOOST_AUTO_TEST_CASE(a_vector_is_multiplied_first) {
  const std::vector<index_t> sizes = {500, 500, 500, 500, 1};
  const auto order = cheapest(chain(sizes));
  BOOST_TEST(order.multiplications == 3 * 500 * 500);
  BOOST_TEST((order.pairs == Pairs{{2, 3}, {1, 2}, {0, 1}}));
  BOOST_TEST(multiplications_from_left(sizes) > 300 * order.multiplications);
}

BOOST_AUTO_TEST_CASE(the_cheapest_pair_first_is_not_the_cheapest_order) {
  const std::vector<index_t> sizes = {50, 3, 100, 100, 1, 50};
  const auto order = cheapest(chain(sizes));
  // B (C (D)), then A, then E: 100 * 100 + 3 * 100 + 50 * 3 + 50 * 50
  BOOST_TEST(order.multiplications == 12950);
  BOOST_TEST((order.pairs == Pairs{{2, 3}, {1, 2}, {0, 1}, {0, 4}}));
  BOOST_TEST(multiplications_from_left(sizes) == 522500);
}

BOOST_AUTO_TEST_CASE(products_are_multiplied_with_each_other) {
  const auto order = cheapest(chain({2, 50, 2, 50, 2}));
  BOOST_TEST((order.pairs == Pairs{{0, 1}, {2, 3}, {0, 2}}));
  BOOST_TEST(order.multiplications == 200 + 200 + 8);
}

BOOST_AUTO_TEST_CASE(labels_that_others_have_are_kept) {
  // b is in all three: a batch. i, k, l: (3, 2), (2, 50), (50, 1)
  const EinsumOrder order = cheapest_order({{'b', 'i', 'j'}, {'b', 'j', 'k'}, {'b', 'k'}}, {'b', 'i'},
                                           {{'b', 7}, {'i', 3}, {'j', 2}, {'k', 50}});
  BOOST_TEST((order.pairs == Pairs{{1, 2}, {0, 1}}));
  BOOST_TEST(order.multiplications == 7 * 2 * 50 + 7 * 3 * 2);
}

BOOST_AUTO_TEST_CASE(many_factors_take_no_time) {
  std::vector<index_t> sizes(40, 10);
  sizes.back() = 1;
  const auto order = cheapest(chain(sizes));
  BOOST_TEST(order.pairs.size() == 38U);
  BOOST_TEST(order.multiplications == 38 * 100);
}

BOOST_AUTO_TEST_CASE(factors_without_labels_or_elements) {
  BOOST_TEST(cheapest_order({{}, {}, {}}, {}, {}).multiplications == 2);
  BOOST_TEST((cheapest(chain({2, 0, 3, 4})).pairs.size() == 2U));
  BOOST_TEST((cheapest_order({{}, {}}, {}, {}).pairs == Pairs{{0, 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
