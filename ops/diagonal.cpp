// A diagonal is a region whose step is a row and a column.
#include <xtape/ops/diagonal.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/region_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

template <Real T>
BasicTensor<T> diagonal(const BasicTensor<T>& x, index_t offset, index_t row_axis, index_t column_axis,
                        Here at) {
  const std::size_t row = check_axis("diagonal", x.shape(), row_axis, at);
  const std::size_t column = check_axis("diagonal", x.shape(), column_axis, at);
  if (row == column)
    raise<ShapeError>(fmt::format("diagonal: axis {} of shape {} is named twice", row, to_string(x.shape())),
                      at);
  Region region{x.shape(), row_major_strides(x.shape())};
  const index_t rows = x.shape()[row], columns = x.shape()[column];
  const index_t shift = std::clamp(offset, -rows, columns);
  const index_t first_row = std::max<index_t>(-shift, 0), first_column = std::max<index_t>(shift, 0);
  region.offset = first_row * region.strides[row] + first_column * region.strides[column];
  region.shape.push_back(std::min(rows - first_row, columns - first_column));
  region.strides.push_back(region.strides[row] + region.strides[column]);
  for (const std::size_t d : {std::max(row, column), std::min(row, column)}) {
    region.shape.erase(d);
    region.strides.erase(d);
  }
  return take({"diagonal", at}, x, region);
}

template <Real T>
BasicTensor<T> trace(const BasicTensor<T>& x, index_t offset, index_t row_axis, index_t column_axis,
                     Here at) {
  const CallSite site(at);
  return sum(diagonal(x, offset, row_axis, column_axis), -1);
}

template Tensor diagonal(const Tensor&, index_t, index_t, index_t, Here);
template Tensor64 diagonal(const Tensor64&, index_t, index_t, index_t, Here);
template Tensor trace(const Tensor&, index_t, index_t, index_t, Here);
template Tensor64 trace(const Tensor64&, index_t, index_t, index_t, Here);

}  // namespace xtape
