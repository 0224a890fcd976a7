// Gradients to order two of ops whose own tests lack a class of shape: inputs of size 1, odd inputs above the
// parallel grain, and inputs that were broadcast. tests/project/check_ops.sh tells which op lacks one.
#include <boost/test/unit_test.hpp>

#include <xtape/core/checkpoint.hpp>
#include <xtape/core/fused.hpp>
#include <xtape/ops/arithmetic.hpp>
#include <xtape/ops/attention.hpp>
#include <xtape/ops/cumulative.hpp>
#include <xtape/ops/dropout.hpp>
#include <xtape/ops/einsum.hpp>
#include <xtape/ops/flip.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/linear.hpp>
#include <xtape/ops/loss.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/matmul.hpp>
#include <xtape/ops/positions.hpp>
#include <xtape/ops/power.hpp>
#include <xtape/ops/products.hpp>
#include <xtape/ops/region_impl.hpp>
#include <xtape/ops/softmax.hpp>
#include <xtape/ops/sort.hpp>
#include <xtape/ops/windows_impl.hpp>

#include "tests/support/elementwise.hpp"

using namespace xtape;
using test::uniform;

namespace {

using Inputs = std::vector<Tensor64>;
using Op = std::function<Tensor64(const Inputs&)>;

/// An op of inputs whose shapes follow from the size of a matrix (rows, columns).
struct Row {
  const char* name;
  Op op;
  std::function<std::vector<Shape>(index_t rows, index_t columns)> shapes;
  CheckGradsOptions options = {};
};

std::vector<Shape> one(index_t rows, index_t columns) { return {{rows, columns}}; }
std::vector<Shape> two(index_t rows, index_t columns) { return {{rows, columns}, {rows, columns}}; }

Inputs random_inputs(const std::vector<Shape>& shapes) {
  Inputs x;
  for (const Shape& shape : shapes) x.push_back(uniform(shape, -1, 1, x.size() + 1));
  return x;
}

void check(const Row& row) {
  BOOST_TEST_CONTEXT(row.name) {
    check_grads(row.op, random_inputs(row.shapes(1, 1)), row.options);
    check_grads(row.op, random_inputs(row.shapes(183, 181)), row.options);  // 33123, odd and above the grain
    const auto shapes = row.shapes(2, 3);
    const Op broadcast = [&](const Inputs& x) {
      Inputs wide;
      for (std::size_t i = 0; i < x.size(); ++i) wide.push_back(broadcast_to(x[i], shapes[i]));
      return row.op(wide);
    };
    std::vector<Shape> ones;
    for (const Shape& shape : shapes) ones.emplace_back(shape.size(), 1);
    check_grads(broadcast, random_inputs(ones), row.options);
  }
}

/// Indices 0, 1, 2, 0, ... below `count`, (n, m).
Indices cycle(const Shape& shape, index_t count) {
  auto y = uninitialized<std::int64_t>(shape);
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = i % count;
  return y;
}

/// Whole numbers in mixed order, no two in a row the same.
Tensor64 apart(const Shape& shape) {
  auto y = uninitialized<double>(shape);
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = static_cast<double>(i * 7919 % shape.back());
  return y;
}

Mask chequered(const Shape& shape) {
  auto y = uninitialized<bool>(shape);
  for (index_t i = 0; i < y.size(); ++i) y.data()[i] = i % 2 == 0;
  return y;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shape_classes)

BOOST_AUTO_TEST_CASE(copies) {
  check({"checkpoint",
         [](const Inputs& x) { return checkpoint([](const Tensor64& a) { return a * a; }, x[0]); }, one});
  check({"alias", [](const Inputs& x) { return alias(x[0]); }, one});
  check({"clone", [](const Inputs& x) { return x[0].clone(); }, one});
  // In between values are floats: the map is linear, so a large step is as good and keeps their rounding
  // small.
  check({"astype",
         [](const Inputs& x) { return x[0].astype<float>().astype<double>(); },
         one,
         {.step = 0.25, .rtol = 1e-5}});
}

BOOST_AUTO_TEST_CASE(layout) {
  check({"reshape", [](const Inputs& x) { return reshape(x[0], {-1}); }, one});
  check({"flatten", [](const Inputs& x) { return flatten(x[0]); }, one});
  check({"transpose", [](const Inputs& x) { return transpose(x[0]); }, one});
  check({"swapaxes", [](const Inputs& x) { return swapaxes(x[0], 0, 1); }, one});
  check({"moveaxis", [](const Inputs& x) { return moveaxis(x[0], 0, 1); }, one});
  check({"expand_dims", [](const Inputs& x) { return expand_dims(x[0], 1); }, one});
  check({"squeeze", [](const Inputs& x) { return squeeze(x[0], 1); },
         [](index_t rows, index_t columns) {
           return std::vector<Shape>{{rows * columns, 1}};
         }});
  check({"broadcast_to",
         [](const Inputs& x) {
           return broadcast_to(x[0], {3, x[0].shape()[0], x[0].shape()[1]});
         },
         one});
  check({"place",
         [](const Inputs& x) {
           const Shape shape{x[0].shape()[0] + 2, x[0].shape()[1]};
           return place(x[0], slab(shape, 0, 1, shape[0] - 1), shape);
         },
         one});
  check({"flip", [](const Inputs& x) { return flip(x[0]); }, one});
  check({"roll",
         [](const Inputs& x) {
           return roll(x[0], 1, {0, 1});
         },
         [](index_t rows, index_t columns) {
           return std::vector<Shape>{{rows, columns + 2}};
         }});
  check({"tril", [](const Inputs& x) { return tril(x[0]); }, one});
  check({"triu", [](const Inputs& x) { return triu(x[0]); }, one});
}

BOOST_AUTO_TEST_CASE(rows) {
  check({"softmax", [](const Inputs& x) { return softmax(x[0]); }, one});
  check({"log_softmax", [](const Inputs& x) { return log_softmax(x[0]); }, one});
  check({"cumprod", [](const Inputs& x) { return cumprod(x[0], 1); }, one});
  check({"linear_recurrence", [](const Inputs& x) { return linear_recurrence(x[0], x[1], 1); }, two});
  // Between ties the map is linear: a large step is as good, and rounding disappears beside it.
  check(
      {"sort", [](const Inputs& x) { return sort(x[0] * 0.1 + apart(x[0].shape())); }, one, {.step = 1e-2}});
  check_grads([](const Inputs& x) { return sort(broadcast_to(x[0], {2, 3})); }, {uniform({2, 1}, -1, 1)});
  check({"cumsum", [](const Inputs& x) { return cumsum(x[0], 1); }, one});
  check({"dropout",
         [](const Inputs& x) {
           Generator g(1);
           return dropout(x[0], 0.5, g);
         },
         one});
  check({"masked_fill", [](const Inputs& x) { return masked_fill(x[0], chequered(x[0].shape()), 2); }, one});
}

BOOST_AUTO_TEST_CASE(losses) {
  check({"huber_loss", [](const Inputs& x) { return huber_loss(x[0], x[1], {.delta = 1.0003}); }, two});
  check({"l1_loss", [](const Inputs& x) { return l1_loss(x[0], x[1] + 1.0 / 2048); }, two});
  check({"kl_div", [](const Inputs& x) { return kl_div(x[0], square(x[1]) + 0.1); }, two});
  check({"mse_loss", [](const Inputs& x) { return mse_loss(x[0], x[1]); }, two});
  check({"binary_cross_entropy_with_logits",
         [](const Inputs& x) { return binary_cross_entropy_with_logits(x[0], x[1]); }, two});
}

BOOST_AUTO_TEST_CASE(indexed) {
  const auto indices = [](const Tensor64& x) { return cycle({2 * x.shape()[0] + 1}, x.shape()[0]); };
  const auto along = [](const Tensor64& x) { return cycle(x.shape(), x.shape()[0]); };
  const auto tall = [](index_t rows, index_t columns) { return std::vector<Shape>{{2 * rows + 1, columns}}; };
  check({"take", [=](const Inputs& x) { return take(x[0], indices(x[0]), 0); }, one});
  check({"take_adjoint",
         [](const Inputs& x) {
           const index_t n = x[0].shape()[0] / 2;
           return take_adjoint(x[0], cycle({2 * n + 1}, n), 0, {n, x[0].shape()[1]});
         },
         tall});
  check({"take_along_axis", [=](const Inputs& x) { return take_along_axis(x[0], along(x[0]), 0); }, one});
  check({"take_along_axis_adjoint",
         [=](const Inputs& x) { return take_along_axis_adjoint(x[0], along(x[0]), 0, x[0].shape()); }, one});
}

BOOST_AUTO_TEST_CASE(products) {
  const auto square = [](index_t rows, index_t columns) {
    return std::vector<Shape>{{rows, columns}, {columns, rows}};
  };
  const auto heads = [](index_t rows, index_t columns) {
    return std::vector<Shape>{{rows, columns}, {3, columns}, {3, 5}};
  };
  const auto vectors = [](index_t rows, index_t columns) {
    return std::vector<Shape>{{rows * columns}, {rows * columns}};
  };
  check({"dot", [](const Inputs& x) { return dot(x[0], x[1]); }, vectors});
  check({"windows",
         [](const Inputs& x) {
           return windows(x[0], {3, 1, 1, x[0].shape(1) - 2});
         },
         [](index_t rows, index_t columns) {
           return std::vector<Shape>{{rows, columns + 2}};
         }});
  check({"windows_adjoint",
         [](const Inputs& x) {
           const index_t count = x[0].shape(2);
           return windows_adjoint(x[0], {3, 1, 1, count}, {x[0].shape(0), count + 2});
         },
         [](index_t rows, index_t columns) {
           return std::vector<Shape>{{rows, 3, columns}};
         }});
  check({"rotary", [](const Inputs& x) { return rotary(x[0]); },
         [](index_t rows, index_t columns) {
           return std::vector<Shape>{{rows, 2 * columns}};
         }});
  check({"matmul", [](const Inputs& x) { return matmul(x[0], x[1]); }, square});
  check({"einsum", [](const Inputs& x) { return einsum("ij,jk->ki", x[0], x[1]); }, square});
  check({"linear", [](const Inputs& x) { return linear(x[0], x[1]); }, two});
  check({"scaled_dot_product_attention",
         [](const Inputs& x) { return scaled_dot_product_attention(x[0], x[1], x[2]); }, heads});
}

BOOST_AUTO_TEST_SUITE_END()
