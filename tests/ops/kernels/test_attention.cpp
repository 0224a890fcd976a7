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

index_t weights(const AttentionShape& s) { return s.batch * s.heads * s.queries * s.keys; }

/// One attention problem with all that its kernels read and write; heads are (B, H, T, D) or packed (B, T, H
/// + 2 Hkv, D).
template <Real T>
struct Problem {
  AttentionShape shape;
  AttentionRule<T> rule;
  bool packed;
  std::unique_ptr<bool[]> kept;
  std::vector<T> qkv, gqkv, out, gout, logsumexp, bias, gbias;

  Problem(AttentionShape s, AttentionRule<T> r = {}, bool pack = false) : shape(s), rule(r), packed(pack) {
    rule.scale = 1 / std::sqrt(static_cast<double>(std::max<index_t>(1, s.head_size)));
    const index_t heads = s.batch * s.heads;
    qkv = draw(heads * s.queries * s.head_size + kv_heads() * s.keys * (s.head_size + s.value_size), 11);
    gout = draw(heads * s.queries * s.value_size, 12);
    gqkv.assign(qkv.size(), std::numeric_limits<T>::quiet_NaN());  // must be overwritten
    out.assign(gout.size(), std::numeric_limits<T>::quiet_NaN());
    logsumexp.resize(static_cast<std::size_t>(heads * s.queries));
  }

  static std::vector<T> draw(index_t n, std::uint64_t seed) {
    Generator generator(seed);
    const auto x = randn<T>({n}, generator);
    return std::vector<T>(x.data(), x.data() + n);
  }
  index_t kv_heads() const { return shape.batch * shape.heads / shape.group; }

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

  /// Adds a bias with one number for each place along the axes named, some of them -inf.
  void add_bias(bool along_batch, bool along_heads, bool along_rows, bool along_columns) {
    index_t size = 1;
    const auto step = [&](bool along, index_t extent) {
      const index_t stride = along ? size : 0;
      if (along) size *= extent;
      return stride;
    };
    rule.bias.column = step(along_columns, shape.keys);
    rule.bias.row = step(along_rows, shape.queries);
    rule.bias.head = step(along_heads, shape.heads);
    rule.bias.batch = step(along_batch, shape.batch);
    bias = draw(size, 13);
    for (std::size_t i = 4; i < bias.size(); i += 5) bias[i] = -std::numeric_limits<T>::infinity();
    gbias.assign(bias.size(), T{0});
    rule.bias.data = bias.data();
  }

  template <class E>
  HeadsView<E> part(E* data, int which) const {
    const index_t D = shape.head_size, H = shape.heads, shared = H / shape.group;
    if (packed) {
      const index_t width = (H + 2 * shared) * D, first = which == 0 ? 0 : H + (which - 1) * shared;
      return {data + first * D, shape.queries * width, D, width};
    }
    const index_t size = which == 2 ? shape.value_size : D, heads = which == 0 ? H : shared;
    const index_t rows = which == 0 ? shape.queries : shape.keys;
    const index_t queries = shape.batch * H * D * shape.queries, keys = kv_heads() * D * shape.keys;
    return {data + (which > 0 ? queries : 0) + (which > 1 ? keys : 0), heads * rows * size, rows * size,
            size};
  }
  template <class E>
  HeadsView<E> result(E* data) const {  // (B, T, H, D)
    return {data, shape.queries * shape.heads * shape.value_size, shape.value_size,
            shape.heads * shape.value_size};
  }
  HeadsView<const T> in(int which) const { return part<const T>(qkv.data(), which); }
  HeadsView<T> gradient(int which) { return part(gqkv.data(), which); }
  AttentionPast<T> past() const {
    return {result<const T>(gout.data()), result<const T>(out.data()), logsumexp.data(), in(0), in(1), in(2)};
  }
  ScoresView<T> bias_gradient() {
    return {gbias.empty() ? nullptr : gbias.data(), rule.bias.batch, rule.bias.head, rule.bias.row,
            rule.bias.column};
  }

  void forward() { attention<T>(result(out.data()), logsumexp.data(), in(0), in(1), in(2), shape, rule); }
  void backward() {
    attention_grad<T>(gradient(0), gradient(1), gradient(2), past(), shape, rule);
    std::fill(gbias.begin(), gbias.end(), std::numeric_limits<T>::quiet_NaN());
    if (!gbias.empty()) attention_bias_grad<T>(bias_gradient(), past(), shape, rule);
  }
  void forward_naive() {
    attention_naive<T>(result(out.data()), logsumexp.data(), in(0), in(1), in(2), shape, rule);
  }
  void backward_naive() {
    attention_grad_naive<T>(gradient(0), gradient(1), gradient(2), bias_gradient(), past(), shape, rule);
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
  BOOST_TEST(largest_difference(fast.gbias, naive.gbias) <= 20 * tolerance);
}

const std::vector<AttentionShape> shapes = {
    {1, 1, 1, 1, 1, 1},      {2, 3, 5, 5, 4, 4},    {1, 2, 64, 64, 32, 32},  {2, 9, 65, 65, 8, 8},
    {1, 1, 130, 130, 16, 3}, {1, 2, 70, 200, 5, 7}, {2, 1, 200, 70, 5, 7},   {3, 6, 129, 127, 3, 2},
    {2, 6, 70, 67, 5, 3, 3}, {2, 4, 5, 5, 1, 1, 4}, {8, 4, 67, 70, 2, 3, 2},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_attention)

BOOST_AUTO_TEST_CASE(equals_plain_loops) {
  for (const auto& shape : shapes)
    for (const bool causal : {false, true})
      for (const double dropout : {0.0, 0.3})
        for (const bool keep : {false, true}) {
          const DropoutMask mask(dropout, {5, 12}, weights(shape));
          const AttentionRule<double> rule{.causal = causal, .dropout = mask};
          const AttentionRule<float> rule_float{.causal = causal, .dropout = mask};
          Problem<double> fast(shape, rule), naive(shape, rule);
          Problem<float> fast_float(shape, rule_float), naive_float(shape, rule_float);
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
  for (const AttentionShape& shape : {AttentionShape{2, 3, 67, 67, 8, 8}, {2, 6, 67, 67, 8, 8, 2}}) {
    Problem<double> fast(shape, {.causal = true}, true), naive(shape, {.causal = true}, true);
    compare(fast, naive, 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(a_bias_along_any_axes) {
  for (const AttentionShape& shape :
       {AttentionShape{2, 3, 70, 67, 4, 4}, {9, 2, 5, 130, 3, 2, 2}, {1, 1, 1, 1, 1, 1}})
    for (unsigned axes = 0; axes < 16; ++axes)
      for (const bool causal : {false, true}) {
        const AttentionRule<double> rule{.causal = causal, .dropout = {0.2, {6}, weights(shape)}};
        Problem<double> fast(shape, rule), naive(shape, rule);
        for (auto* p : {&fast, &naive}) {
          p->add_bias(axes & 1, axes & 2, axes & 4, axes & 8);
          if (axes > 7) p->keep_some();
        }
        BOOST_TEST_CONTEXT("queries " << shape.queries << " axes " << axes << " causal " << causal)
        compare(fast, naive, 1e-12);
      }
}

BOOST_AUTO_TEST_CASE(gradients_that_are_not_wanted_are_left_out) {
  for (const index_t heads : {2, 16}) {
    Problem<double> all({1, heads, 70, 70, 3, 3}), some({1, heads, 70, 70, 3, 3});
    all.forward(), all.backward(), some.forward();
    for (int which = 0; which < 3; ++which) {
      std::fill(some.gqkv.begin(), some.gqkv.end(), 0.0);
      HeadsView<double> wanted[3] = {};
      wanted[which] = some.gradient(which);
      attention_grad<double>(wanted[0], wanted[1], wanted[2], some.past(), some.shape, some.rule);
      for (std::size_t i = 0; i < all.gqkv.size(); ++i) {
        const bool inside = static_cast<int>(i / (all.gqkv.size() / 3)) == which;
        BOOST_REQUIRE_EQUAL(some.gqkv[i], inside ? all.gqkv[i] : 0.0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_equal_finite_differences) {
  for (const double dropout : {0.0, 0.4}) {
    Problem<double> p({2, 2, 3, 4, 2, 3, 2}, {.causal = true, .dropout = {dropout, {1}, 48}});
    p.add_bias(false, true, true, true);
    std::fill(p.bias.begin(), p.bias.end(), 0.5);
    p.forward();
    p.backward();
    const auto value = [&] {
      p.forward_naive();
      double sum = 0;
      for (std::size_t i = 0; i < p.out.size(); ++i) sum += p.out[i] * p.gout[i];
      return sum;
    };
    const auto check = [&](std::vector<double>& inputs, const std::vector<double>& gradients) {
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const double x = inputs[i], step = 1e-5;
        inputs[i] = x + step;
        const double above = value();
        inputs[i] = x - step;
        const double below = value();
        inputs[i] = x;
        BOOST_TEST(std::abs((above - below) / (2 * step) - gradients[i]) < 1e-8);
      }
    };
    check(p.qkv, p.gqkv);
    check(p.bias, p.gbias);
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
  for (const index_t heads : {2, 36}) {
    check_threads([&] {
      Problem<float> p({1, heads, 300, 300, 16, 16, 2},
                       {.causal = true, .dropout = {0.2, {3}, heads * 300 * 300}});
      p.add_bias(true, false, true, true);
      p.forward();
      p.backward();
      std::vector<float> all = p.out;
      all.insert(all.end(), p.gqkv.begin(), p.gqkv.end());
      all.insert(all.end(), p.gbias.begin(), p.gbias.end());
      return all;
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()
