// Reshapes share storage; permutations of axes copy through one kernel.
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/region_impl.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace xtape {

namespace {

using Order = SmallVector<std::size_t, 6>;

Order ascending(std::size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// The axes counted from the first, in the order given; all of them reversed where none is named.
Order check_permutation(const Shape& shape, const Axes& axes, Here at) {
  const Order all = ascending(shape.size());
  Order order;
  for (const index_t axis : axes.values()) order.push_back(check_axis("transpose", shape, axis, at));
  if (axes.all()) order = Order(std::reverse_iterator(all.end()), std::reverse_iterator(all.begin()));
  if (!std::is_permutation(order.begin(), order.end(), all.begin(), all.end()))
    raise<ShapeError>(fmt::format("transpose: axes {} are no permutation of the {} axes of shape {}",
                                  to_string(Shape(axes.values().begin(), axes.values().end())), shape.size(),
                                  to_string(shape)),
                      at);
  return order;
}

/// Axis d of the result is axis order[d] of x.
template <Real T>
BasicTensor<T> permute(OpName op, const BasicTensor<T>& x, const Order& order) {
  const Strides strides = row_major_strides(x.shape());
  Region region{Shape(order.size()), Strides(order.size())};
  for (std::size_t d = 0; d < order.size(); ++d) {
    region.shape[d] = x.shape()[order[d]];
    region.strides[d] = strides[order[d]];
  }
  return take(op, x, region);
}

}  // namespace

template <Real T>
BasicTensor<T> reshape(const BasicTensor<T>& x, const Shape& shape, Here at) {
  return share({"reshape", at}, x, check_reshape("reshape", x.shape(), shape, at));
}

template <Real T>
BasicTensor<T> flatten(const BasicTensor<T>& x, index_t start, index_t end, Here at) {
  const OpName op("flatten", at);
  if (x.dimension() == 0) return share(op, x, {1});
  const std::size_t first = check_axis("flatten", x.shape(), start, at);
  const std::size_t last = check_axis("flatten", x.shape(), end, at);
  if (first > last)
    raise<ShapeError>(
        fmt::format("flatten: axis {} comes after axis {} in shape {}", start, end, to_string(x.shape())),
        at);
  const auto* extents = x.shape().begin();
  Shape shape(extents, extents + first);
  shape.push_back(std::accumulate(extents + first, extents + last + 1, index_t{1}, std::multiplies()));
  for (std::size_t d = last + 1; d < x.dimension(); ++d) shape.push_back(extents[d]);
  return share(op, x, shape);
}

template <Real T>
BasicTensor<T> transpose(const BasicTensor<T>& x, const Axes& axes, Here at) {
  return permute({"transpose", at}, x, check_permutation(x.shape(), axes, at));
}

template <Real T>
BasicTensor<T> swapaxes(const BasicTensor<T>& x, index_t a, index_t b, Here at) {
  Order order = ascending(x.dimension());
  std::swap(order[check_axis("swapaxes", x.shape(), a, at)], order[check_axis("swapaxes", x.shape(), b, at)]);
  return permute({"swapaxes", at}, x, order);
}

template <Real T>
BasicTensor<T> moveaxis(const BasicTensor<T>& x, const Axes& from, const Axes& to, Here at) {
  if (from.values().size() != to.values().size())
    raise<ShapeError>(fmt::format("moveaxis: {} axes of shape {} to {} places", from.values().size(),
                                  to_string(x.shape()), to.values().size()),
                      at);
  if (from.all()) return x;
  Order order = ascending(x.dimension());
  const auto leaving = check_axes("moveaxis", x.shape(), from, at);
  for (std::size_t i = leaving.size(); i-- > 0;) order.erase(leaving[i]);
  check_axes("moveaxis", x.shape(), to, at);
  std::vector<std::pair<std::size_t, std::size_t>> moves;  // the place, the axis
  for (std::size_t i = 0; i < leaving.size(); ++i)
    moves.emplace_back(check_axis("moveaxis", x.shape(), to.values()[i], at),
                       check_axis("moveaxis", x.shape(), from.values()[i], at));
  std::sort(moves.begin(), moves.end());
  for (const auto& [place, axis] : moves) order.insert(place, axis);
  return permute({"moveaxis", at}, x, order);
}

template <Real T>
BasicTensor<T> expand_dims(const BasicTensor<T>& x, index_t axis, Here at) {
  Shape shape = x.shape();
  shape.insert(check_new_axis("expand_dims", x.shape(), axis, at), 1);
  return share({"expand_dims", at}, x, shape);
}

template <Real T>
BasicTensor<T> squeeze(const BasicTensor<T>& x, const Axes& axis, Here at) {
  const auto axes = check_axes("squeeze", x.shape(), axis, at);
  Shape shape = x.shape();
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (shape[axes[i]] == 1)
      shape.erase(axes[i]);
    else if (!axis.all())
      raise<ShapeError>(
          fmt::format("squeeze: axis {} of shape {} has extent {}; only axes of extent 1 can go", axes[i],
                      to_string(x.shape()), shape[axes[i]]),
          at);
  }
  return share({"squeeze", at}, x, shape);
}

template <Real T>
BasicTensor<T> broadcast_to(const BasicTensor<T>& x, const Shape& shape, Here at) {
  check_broadcasts_to("broadcast_to", x.shape(), shape, at);
  if (shape == x.shape()) return x;
  auto y = uninitialized<T>(shape, at);
  kernels::strided_copy(y.data(), x.data(), broadcast_strides(x.shape(), shape), shape);
  return record({"broadcast_to", at}, std::move(y),
                wrt(x, [from = x.shape()](const auto& gy) { return sum_to(gy, from); }));
}

template Tensor reshape(const Tensor&, const Shape&, Here);
template Tensor64 reshape(const Tensor64&, const Shape&, Here);
template Tensor flatten(const Tensor&, index_t, index_t, Here);
template Tensor64 flatten(const Tensor64&, index_t, index_t, Here);
template Tensor transpose(const Tensor&, const Axes&, Here);
template Tensor64 transpose(const Tensor64&, const Axes&, Here);
template Tensor swapaxes(const Tensor&, index_t, index_t, Here);
template Tensor64 swapaxes(const Tensor64&, index_t, index_t, Here);
template Tensor moveaxis(const Tensor&, const Axes&, const Axes&, Here);
template Tensor64 moveaxis(const Tensor64&, const Axes&, const Axes&, Here);
template Tensor expand_dims(const Tensor&, index_t, Here);
template Tensor64 expand_dims(const Tensor64&, index_t, Here);
template Tensor squeeze(const Tensor&, const Axes&, Here);
template Tensor64 squeeze(const Tensor64&, const Axes&, Here);
template Tensor broadcast_to(const Tensor&, const Shape&, Here);
template Tensor64 broadcast_to(const Tensor64&, const Shape&, Here);

}  // namespace xtape
