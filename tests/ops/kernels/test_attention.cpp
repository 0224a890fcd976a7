// Tiled attention against plain loops and finite differences.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <xtape/core/random.hpp>
#include <xtape/ops/kernels/attention.hpp>

#include "tests/support/kernel_checks.hpp"

using namespace xtape;
using namespace xtape::kernels;
using test::check_threads;

namespace {

/// One attention problem with all that its kernels read and write; heads are (B, H, T, D) or packed (B, T, 3,
/// H, D).
template <Real T>
struct Problem {
  AttentionShape shape;
  AttentionRule rule;
  bool packed;
  std::unique_ptr<bool[]> kept;
  std::vector<T> qkv, gqkv, out, gout, logsumexp;

  Problem(AttentionShape s, AttentionRule r = {}, bool pack = false) : shape(s), rule(r), packed(pack) {
    rule.scale = 1 / std::sqrt(static_cast<double>(std::max<index_t>(1, s.head_size)));
    Generator generator(11);
    const auto draw = [&](index_t n) {
      const auto x = randn<T>({n}, generator);
      return std::vector<T>(x.data(), x.data() + n);
    };
    const index_t heads = s.batch * s.heads;
    qkv = draw(heads * (s.queries * s.head_size + s.keys * (s.head_size + s.value_size)));
    gout = draw(heads * s.queries * s.value_size);
    gqkv.assign(qkv.size(), std::numeric_limits<T>::quiet_NaN());  // must be overwritten
    out.assign(gout.size(), std::numeric_limits<T>::quiet_NaN());
    logsumexp.resize(static_cast<std::size_t>(heads * s.queries));
  }

  /// Lets query i of each batch see key j only where the rule says so; row 1 sees nothing.
  void keep_some() {
    const index_t n = shape.batch * shape.queries * shape.keys;
    kept = std::make_unique<bool[]>(static_cast<std::size_t>(n));
    for (index_t at = 0; at < n; ++at) kept[static_cast<std::size_t>(at)] = at % 3 != 1;
    for (index_t b = 0; b < shape.batch; ++b)
      if (shape.queries > 1)
        std::fill_n(kept.get() + (b * shape.queries + 1) * shape.keys, shape.keys, false);
    rule.keep = {kept.get(), shape.queries * shape.keys, 0, shape.keys, 1};
  }

  template <class E>
  HeadsView<E> part(E* data, int which) const {
    const index_t D = shape.head_size, H = shape.heads;
    if (packed) return {data + which * H * D, shape.queries * 3 * H * D, D, 3 * H * D};
    const index_t heads = shape.batch * H, size = which == 2 ? shape.value_size : D;
    const index_t rows = which == 0 ? shape.queries : shape.keys;
    const index_t first = which == 0 ? 0 : heads * D * (shape.queries + (which == 2 ? shape.keys : 0));
    return {data + first, H * rows * size, rows * size, size};
  }
  template <class E>
  HeadsView<E> result(E* data) const {  // (B, T, H, D)
    return {data, shape.queries * shape.heads * shape.value_size, shape.value_size,
            shape.heads * shape.value_size};
  }
  HeadsView<const T> in(int which) const { return part<const T>(qkv.data(), which); }

  void forward() { attention<T>(result(out.data()), logsumexp.data(), in(0), in(1), in(2), shape, rule); }
  void backward() {
    attention_grad<T>(part(gqkv.data(), 0), part(gqkv.data(), 1), part(gqkv.data(), 2),
                      result<const T>(gout.data()), result<const T>(out.data()), logsumexp.data(), in(0),
                      in(1), in(2), shape, rule);
  }
  void forward_naive() {
    attention_naive<T>(result(out.data()), logsumexp.data(), in(0), in(1), in(2), shape, rule);
  }
  void backward_naive() {
    attention_grad_naive<T>(part(gqkv.data(), 0), part(gqkv.data(), 1), part(gqkv.data(), 2),
                            result<const T>(gout.data()), in(0), in(1), in(2), shape, rule);
  }
};

template <Real T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest =
        std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
  }
  return largest;
}

template <Real T>
void compare(Problem<T>& fast, Problem<T>& naive, double tolerance) {
  fast.forward();
  naive.forward_naive();
  BOOST_TEST(largest_difference(fast.out, naive.out) <= tolerance);
  BOOST_TEST(largest_difference(fast.logsumexp, naive.logsumexp) <= tolerance);
  fast.backward();
  naive.backward_naive();
  BOOST_TEST(largest_difference(fast.gqkv, naive.gqkv) <= 4 * tolerance);
}

const std::vector<AttentionShape> shapes = {
    {1, 1, 1, 1, 1, 1},      {2, 3, 5, 5, 4, 4},    {1, 2, 64, 64, 32, 32}, {2, 9, 65, 65, 8, 8},
    {1, 1, 130, 130, 16, 3}, {1, 2, 70, 200, 5, 7}, {2, 1, 200, 70, 5, 7},  {3, 6, 129, 127, 3, 2},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_attention)

BOOST_AUTO_TEST_CASE(equals_plain_loops) {
  for (const auto& shape : shapes)
    for (const bool causal : {false, true})
      for (const double dropout : {0.0, 0.3})
        for (const bool keep : {false, true}) {
          const AttentionRule rule{.causal = causal, .dropout = dropout, .seed = 5, .first = 12};
          Problem<double> fast(shape, rule), naive(shape, rule);
          Problem<float> fast_float(shape, rule), naive_float(shape, rule);
          if (keep) fast.keep_some(), naive.keep_some(), fast_float.keep_some(), naive_float.keep_some();
          BOOST_TEST_CONTEXT("shape " << shape.batch << ' ' << shape.heads << ' ' << shape.queries << ' '
                                      << shape.keys << " causal " << causal << " dropout " << dropout
                                      << " keep " << keep) {
            compare(fast, naive, 1e-12);
            compare(fast_float, naive_float, 1e-5);
          }
        }
}

BOOST_AUTO_TEST_CASE(packed_heads_are_read_and_written_in_place) {
  const AttentionShape shape{2, 3, 67, 67, 8, 8};
  Problem<double> fast(shape, {.causal = true}, true), naive(shape, {.causal = true}, true);
  compare(fast, naive, 1e-12);
}

BOOST_AUTO_TEST_CASE(gradients_equal_finite_differences) {
  for (const double dropout : {0.0, 0.4}) {
    Problem<double> p({2, 2, 3, 4, 2, 3}, {.causal = true, .dropout = dropout, .seed = 1});
    p.forward();
    p.backward();
    const auto value = [&] {
      p.forward_naive();
      double sum = 0;
      for (std::size_t i = 0; i < p.out.size(); ++i) sum += p.out[i] * p.gout[i];
      return sum;
    };
    for (std::size_t i = 0; i < p.qkv.size(); ++i) {
      const double x = p.qkv[i], step = 1e-5;
      p.qkv[i] = x + step;
      const double above = value();
      p.qkv[i] = x - step;
      const double below = value();
      p.qkv[i] = x;
      BOOST_TEST(std::abs((above - below) / (2 * step) - p.gqkv[i]) < 1e-8);
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_that_see_nothing_are_zero) {
  Problem<float> p({1, 1, 3, 3, 2, 2});
  p.keep_some();
  p.forward();
  p.backward();
  BOOST_TEST(p.out[2] == 0);
  BOOST_TEST(p.out[3] == 0);
  BOOST_TEST(p.logsumexp[1] == -std::numeric_limits<float>::infinity());
  BOOST_TEST(p.gqkv[2] == 0);
  BOOST_TEST(p.gqkv[3] == 0);
}

BOOST_AUTO_TEST_CASE(no_keys_at_all) {
  Problem<float> p({1, 2, 3, 0, 2, 2});
  p.forward();
  p.backward();
  BOOST_TEST(std::all_of(p.out.begin(), p.out.end(), [](float x) { return x == 0; }));
  BOOST_TEST(std::all_of(p.gqkv.begin(), p.gqkv.end(), [](float x) { return x == 0; }));
}

BOOST_AUTO_TEST_CASE(large_scores_are_safe) {
  Problem<float> fast({1, 1, 70, 130, 4, 4}), naive({1, 1, 70, 130, 4, 4});
  for (auto* p : {&fast, &naive})
    for (float& x : p->qkv) x *= 100;
  fast.forward();
  naive.forward_naive();
  BOOST_TEST(largest_difference(fast.out, naive.out) <= 1e-2);  // values are around 100
  fast.backward();
  BOOST_TEST(std::all_of(fast.gqkv.begin(), fast.gqkv.end(), [](float x) { return std::isfinite(x); }));
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  for (const index_t heads : {1, 24}) {
    check_threads([&] {
      Problem<float> p({1, heads, 300, 300, 16, 16}, {.causal = true, .dropout = 0.2, .seed = 3});
      p.forward();
      p.backward();
      std::vector<float> all = p.out;
      all.insert(all.end(), p.gqkv.begin(), p.gqkv.end());
      return all;
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
