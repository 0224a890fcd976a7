// any and all: rows in memory order, each into one result or side by side into as many.
#include <functional>
#include <xtape/ops/kernels/any.hpp>
#include <xtape/ops/kernels/loops.hpp>

namespace xtape::kernels {
namespace {

/// y = op over x, starting from `none`; op(none, v) is v. A byte an element: one thread keeps up with memory.
template <class Op>
void reduce(bool* y, const bool* x, Extents y_shape, Extents x_shape, bool none) {
  PerAxis to = contiguous_strides(y_shape);
  index_t y_size = 1;
  for (std::size_t i = 0; i < y_shape.size(); ++i) {
    y_size *= y_shape[i];
    if (y_shape[i] == 1) to[i] = 0;
  }
  std::fill_n(y, y_size, none);
  const PerAxis from = contiguous_strides(x_shape);
  const auto loops =
      collapse<2>(x_shape, {Extents(from.data(), x_shape.size()), Extents(to.data(), x_shape.size())});
  const index_t n = loops.inner(), rows = n == 0 ? 0 : loops.rows();
  if (rows == 0) return;
  Cursor<2> cursor(loops, 1, 0);
  for (index_t row = 0; row < rows; ++row, cursor.next()) {
    const bool* values = x + cursor.at()[0];
    bool* results = y + cursor.at()[1];
    with_constant(loops.stride[1][loops.rank - 1], [&](auto step) {
      for (index_t i = 0; i < n; ++i) results[i * step] = Op{}(results[i * step], values[i]);
    });
  }
}

}  // namespace

void any(bool* y, const bool* x, Extents y_shape, Extents x_shape) {
  reduce<std::bit_or<bool>>(y, x, y_shape, x_shape, false);
}

void all(bool* y, const bool* x, Extents y_shape, Extents x_shape) {
  reduce<std::bit_and<bool>>(y, x, y_shape, x_shape, true);
}

}  // namespace xtape::kernels
