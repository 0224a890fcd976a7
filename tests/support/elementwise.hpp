// What the tests of elementwise ops share: samples, derivatives by grad(), gradient checks on every class of
// shape.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/layout.hpp>

namespace xtape::test {

/// Reproducible numbers between low and high, odd multiples of 1/1024: none is where a function has its
/// corner.
inline Tensor64 uniform(const Shape& shape, double low, double high, std::uint64_t seed = 1) {
  Generator generator(seed);
  const auto unit = rand<double>(shape, generator);
  auto y = uninitialized<double>(shape);
  for (index_t i = 0; i < unit.size(); ++i)
    y.data()[i] = (std::floor((low + (high - low) * unit.data()[i]) * 512) + 0.5) / 512;
  return y;
}

/// An odd number of elements, more than a block of the parallel loop holds.
inline constexpr index_t odd_and_large = 3 * 11003;

/// Gradients of an op of one input to order three, at a scalar, one element, none, an odd number, and an
/// input that was broadcast; to order two above the parallel grain.
inline void check_unary(const std::function<Tensor64(const Tensor64&)>& f, double low, double high) {
  const auto op = [&](const std::vector<Tensor64>& x) { return f(x[0]); };
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}, Shape{5, 3}})
    check_grads(op, {uniform(shape, low, high)}, {.order = 3});
  check_grads(
      [&](const std::vector<Tensor64>& x) {
        return f(broadcast_to(x[0], {2, 3}));
      },
      {uniform({3}, low, high)}, {.order = 3});
  check_grads(op, {uniform({odd_and_large}, low, high)});
}

/// The same for an op of two inputs, broadcast on either side, on both, and with the same tensor twice.
inline void check_binary(const std::function<Tensor64(const Tensor64&, const Tensor64&)>& f, double low,
                         double high) {
  const auto op = [&](const std::vector<Tensor64>& x) { return f(x[0], x[1]); };
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{}, {}},     {{2, 3}, {2, 3}}, {{2, 3}, {3}},    {{1, 3}, {2, 1}},   {{}, {2, 3}},
      {{3, 1}, {}}, {{0, 3}, {3}},    {{2, 1}, {1, 0}}, {{2, 1, 3}, {4, 1}}};
  for (const auto& [a, b] : shapes)
    check_grads(op, {uniform(a, low, high, 1), uniform(b, low, high, 2)}, {.order = 3});
  check_grads(op, {uniform({odd_and_large}, low, high, 1), uniform({odd_and_large}, low, high, 2)});
  check_grads(op, {uniform({3, odd_and_large / 3}, low, high, 1), uniform({3, 1}, low, high, 2)});
  check_grads([&](const std::vector<Tensor64>& x) { return f(x[0], x[0]); }, {uniform({5}, low, high)},
              {.order = 3});
}

}  // namespace xtape::test
