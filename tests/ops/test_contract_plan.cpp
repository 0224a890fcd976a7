// Contraction plans: which become matrix products in place, what is copied, and that each gives the same
// sums.
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>

#include <xtape/core/random.hpp>
#include <xtape/ops/contract_impl.hpp>

#include "tests/support/tensors.hpp"

using namespace xtape;
using Engine = ContractPlan::Engine;

namespace {

using Sizes = std::map<char, index_t>;

index_t step_of(const std::string& labels, char label, const Sizes& sizes) {
  const auto at = labels.find(label);
  if (at == std::string::npos) return 0;
  index_t step = 1;
  for (const char inner : labels.substr(at + 1)) step *= sizes.at(inner);
  return step;
}

/// The indices of a, b -> y, each named by a letter for its axes in row-major order.
ContractAxes axes_of(const std::string& a, const std::string& b, const std::string& y, const Sizes& sizes) {
  ContractAxes axes;
  for (const auto& [label, size] : sizes)
    if ((a + b).find(label) != std::string::npos)
      axes.push_back({size, step_of(y, label, sizes), step_of(a, label, sizes), step_of(b, label, sizes)});
  return axes;
}

Shape shape_of(const std::string& labels, const Sizes& sizes) {
  Shape shape;
  for (const char label : labels) shape.push_back(sizes.at(label));
  return shape;
}

const Sizes sizes = {{'b', 12},  {'h', 4},  {'t', 64}, {'s', 60}, {'d', 32},
                     {'c', 128}, {'i', 50}, {'j', 70}, {'k', 90}};

ContractPlan plan_of(const std::string& a, const std::string& b, const std::string& y) {
  return plan_contraction(merged(axes_of(a, b, y, sizes)), true);
}

bool copies(const ContractPlan& plan) { return plan.y.needed() || plan.a.needed() || plan.b.needed(); }

std::string description(const ContractPlan& plan) {
  std::string text = plan.engine == Engine::products ? "products"
                     : plan.engine == Engine::rows   ? "rows"
                                                     : "dots";
  if (plan.y.needed()) text += ", y copied";
  if (plan.a.needed()) text += ", a copied";
  if (plan.b.needed()) text += ", b copied";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contract_plan)

BOOST_AUTO_TEST_CASE(neighbours_that_all_arrays_cross_in_one_step_become_one) {
  const auto rows_and_batch = merged(axes_of("btc", "cd", "btd", sizes));
  BOOST_REQUIRE(rows_and_batch.size() == 3);
  index_t rows = 0;
  for (const auto& axis : rows_and_batch)
    if (axis.b == 0) rows = axis.extent;
  BOOST_TEST(rows == 12 * 64);
  BOOST_TEST(merged(axes_of("bthd", "bthd", "", sizes)).size() == 1);
  BOOST_TEST(merged(axes_of("bth", "htb", "bth", sizes)).size() == 3);
  BOOST_TEST(merged({{1, 3, 4, 0}, {1, 0, 1, 1}}).empty());
  BOOST_TEST(merged({{1, 3, 4, 0}, {0, 1, 1, 1}}).size() == 2);
}

BOOST_AUTO_TEST_CASE(matrix_products_in_place) {
  struct Expected {
    std::string a, b, y;
    index_t m, n, k;
    std::size_t outer, summed;  // loops
  };
  for (const Expected& e : {Expected{"ij", "jk", "ik", 50, 90, 70, 0, 0},
                            {"ij", "kj", "ik", 50, 90, 70, 0, 0},
                            {"ji", "jk", "ik", 50, 90, 70, 0, 0},
                            {"ji", "kj", "ik", 50, 90, 70, 0, 0},
                            {"ij", "jk", "ki", 90, 50, 70, 0, 0},
                            {"ij", "j", "i", 50, 1, 70, 0, 0},
                            {"j", "jk", "k", 1, 90, 70, 0, 0},
                            {"i", "k", "ik", 50, 90, 1, 0, 0},
                            {"btc", "dc", "btd", 768, 32, 128, 0, 0},
                            {"btd", "btc", "dc", 32, 128, 768, 0, 0},
                            {"bij", "bjk", "bik", 50, 90, 70, 1, 0},
                            {"bij", "bjk", "ik", 50, 90, 70, 0, 1},
                            {"bij", "jbk", "ik", 50, 90, 70, 0, 1},
                            {"bthd", "bshd", "bhts", 64, 60, 32, 2, 0},
                            {"bhts", "bshd", "bthd", 64, 32, 60, 2, 0},
                            {"sd", "hdc", "hsc", 60, 128, 32, 1, 0}}) {
    BOOST_TEST_CONTEXT(e.a << "," << e.b << "->" << e.y) {
      const auto plan = plan_of(e.a, e.b, e.y);
      BOOST_TEST(!copies(plan));
      BOOST_REQUIRE(plan.engine == Engine::products);
      BOOST_TEST(plan.product.m == e.m);
      BOOST_TEST(plan.product.n == e.n);
      BOOST_TEST(plan.product.k == e.k);
      BOOST_TEST(plan.outer.size() == e.outer);
      BOOST_TEST(plan.summed.size() == e.summed);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_matrices_no_products) {
  BOOST_TEST((plan_of("i", "i", "i").engine == Engine::rows));
  BOOST_TEST((plan_of("bij", "bi", "bij").engine == Engine::rows));
  BOOST_TEST((plan_of("ki", "ki", "i").engine == Engine::rows));
  BOOST_TEST((plan_of("i", "i", "").engine == Engine::dots));
  BOOST_TEST((plan_of("bi", "bi", "b").engine == Engine::dots));
  BOOST_TEST((plan_of("", "", "").engine == Engine::dots));
}

BOOST_AUTO_TEST_CASE(a_copy_where_loops_would_cost_more) {
  const auto batch_last = plan_contraction(merged(axes_of("ijb", "jkb", "ikb", sizes)), true);
  BOOST_TEST(copies(batch_last));
  BOOST_TEST((batch_last.engine == Engine::products));
  BOOST_TEST(batch_last.product.k == 70);
  BOOST_TEST(!copies(plan_contraction(merged(axes_of("ijb", "jkb", "ikb", sizes)), false)));
}

/// Indices in random order in each array, few of them large, run with and without copies.
BOOST_AUTO_TEST_CASE(every_plan_gives_the_sum_over_indices) {
  std::mt19937 engine(1);
  const auto pick = [&](int below) { return static_cast<int>(engine() % static_cast<unsigned>(below)); };
  Generator random(1);
  std::map<std::string, int> seen;
  for (int trial = 0; trial < 1500; ++trial) {
    std::string a, b, y;
    Sizes extents;
    for (int i = pick(7); i-- > 0;) {
      const char label = static_cast<char>('a' + i);
      extents[label] = i < 2 ? 4 + pick(20) : 1 + pick(4);
      const int absent = pick(4);  // from y, a, b, or none
      if (absent != 0) y += label;
      if (absent != 1) a += label;
      if (absent != 2) b += label;
    }
    for (std::string* labels : {&a, &b, &y}) std::shuffle(labels->begin(), labels->end(), engine);
    const auto left = randn<double>(shape_of(a, extents), random);
    const auto right = randn<double>(shape_of(b, extents), random);
    const auto before = randn<double>(shape_of(y, extents), random);
    const auto axes = axes_of(a, b, y, extents);
    const bool may_copy = pick(2), accumulate = pick(2);
    auto got = uninitialized<double>(before.shape()), want = uninitialized<double>(before.shape());
    for (auto* out : {&got, &want}) std::copy_n(before.data(), before.size(), out->data());
    contract_into(got, left, right, {merged(axes), may_copy}, accumulate);
    kernels::contract_naive(want.data(), left.data(), right.data(), std::span(axes.data(), axes.size()),
                            accumulate);
    BOOST_TEST_CONTEXT(a << "," << b << "->" << y) {
      BOOST_TEST(test::close(Tensor64(got), Tensor64(want), 1e-13));
    }
    ++seen[description(plan_contraction(merged(axes), may_copy))];
  }
  for (const char* way :
       {"products", "products, y copied", "products, a copied", "products, b copied", "rows", "dots"})
    BOOST_TEST(seen[way] > 10, way << " ran " << seen[way] << " times");
}

BOOST_AUTO_TEST_SUITE_END()
