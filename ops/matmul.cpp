// Matrix products: stacks of matrices, vectors and transposes are contractions of strided arrays.
#include <xtape/ops/matmul.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <xtape/core/error.hpp>
#include <xtape/ops/contract_impl.hpp>

namespace xtape {

namespace {

/// One operand as the product sees it: matrices, transposed where asked for, and the axes before them.
struct Side {
  Shape batch;
  index_t rows, columns, row_step, column_step;

  index_t size() const { return rows * columns; }
};

Side side_of(const Shape& shape, bool transposed) {
  const index_t rows = shape[shape.size() - 2], columns = shape.back();
  const Shape batch(shape.begin(), shape.end() - 2);
  return transposed ? Side{batch, columns, rows, 1, columns} : Side{batch, rows, columns, columns, 1};
}

Side left_side(const Shape& shape, bool transposed) {
  return shape.size() == 1 ? Side{{}, 1, shape[0], 0, 1} : side_of(shape, transposed);
}

Side right_side(const Shape& shape, bool transposed) {
  return shape.size() == 1 ? Side{{}, shape[0], 1, 1, 0} : side_of(shape, transposed);
}

/// The contraction that a product is, and the shape of its result.
struct Product {
  Contraction contraction;
  Shape shape;
};

Product product_of(const Shape& a, const Shape& b, MatmulOptions options, Here at) {
  const auto fail = [&](const char* why) {
    raise<ShapeError>(
        fmt::format("matmul: {}: {}{} x {}{}", why, to_string(a), options.transpose_a ? "^T" : "",
                    to_string(b), options.transpose_b ? "^T" : ""),
        at);
  };
  if (a.empty() || b.empty()) fail("a scalar is no matrix, multiply by it with *");
  if ((options.transpose_a && a.size() == 1) || (options.transpose_b && b.size() == 1))
    fail("a vector has no transpose, it is a row on the left and a column on the right");
  const Side left = left_side(a, options.transpose_a), right = right_side(b, options.transpose_b);
  const index_t m = left.rows, k = left.columns, n = right.columns;
  if (k != right.rows) fail("inner sizes differ");

  Shape batch = left.batch.size() >= right.batch.size() ? left.batch : right.batch;
  for (const Shape* own : {&left.batch, &right.batch}) {
    const std::size_t missing = batch.size() - own->size();
    for (std::size_t d = 0; d < own->size(); ++d)
      if (batch[missing + d] == 1) batch[missing + d] = (*own)[d];
  }
  if (!broadcasts_to(left.batch, batch) || !broadcasts_to(right.batch, batch))
    fail("batch axes do not broadcast");

  ContractAxes axes{
      {m, n, left.row_step, 0}, {n, 1, 0, right.column_step}, {k, 0, left.column_step, right.row_step}};
  const Strides y_steps = row_major_strides(batch);
  const Strides a_steps = broadcast_strides(left.batch, batch),
                b_steps = broadcast_strides(right.batch, batch);
  for (std::size_t d = 0; d < batch.size(); ++d)
    axes.push_back({batch[d], y_steps[d] * m * n, a_steps[d] * left.size(), b_steps[d] * right.size()});

  Shape shape = batch;
  if (a.size() > 1) shape.push_back(m);
  if (b.size() > 1) shape.push_back(n);
  return {{merged(std::move(axes))}, shape};
}

}  // namespace

template <Real T>
BasicTensor<T> matmul(const BasicTensor<T>& a, const std::type_identity_t<BasicTensor<T>>& b,
                      MatmulOptions options, Here at) {
  const auto [contraction, shape] = product_of(a.shape(), b.shape(), options, at);
  return contract({"matmul", at}, a, b, contraction, shape);
}

template Tensor matmul(const Tensor&, const Tensor&, MatmulOptions, Here);
template Tensor64 matmul(const Tensor64&, const Tensor64&, MatmulOptions, Here);

}  // namespace xtape
