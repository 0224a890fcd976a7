// prod: what flows back is the product of all other elements, without a division.
#include <xtape/core/creation.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/cumulative.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/kernels/reduce.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/reduce.hpp>
#include <xtape/ops/reduced_axes_impl.hpp>
#include <xtape/ops/view.hpp>

#include <algorithm>

namespace xtape {

namespace {

/// The axes that stay, then those that are reduced.
Shape kept_axes_first(std::size_t rank, const SmallVector<std::size_t, 6>& reduced) {
  Shape order;
  for (std::size_t d = 0; d < rank; ++d)
    if (!std::binary_search(reduced.begin(), reduced.end(), d)) order.push_back(static_cast<index_t>(d));
  for (const std::size_t d : reduced) order.push_back(static_cast<index_t>(d));
  return order;
}

/// The order that undoes another.
Shape inverse(const Shape& order) {
  Shape back = order;
  for (std::size_t d = 0; d < order.size(); ++d)
    back[static_cast<std::size_t>(order[d])] = static_cast<index_t>(d);
  return back;
}

/// The gradient of products over the last axis is that of a running product's last element.
template <Real T>
BasicTensor<T> prod_grad(const BasicTensor<T>& gy, const BasicTensor<T>& x, const ReducedAxes& over) {
  if (x.size() == 0) return zeros_like(x);
  const Shape order = kept_axes_first(x.dimension(), over.axes);
  const auto moved = transpose(x, order);
  const auto rows = reshape(moved, {-1, over.count});  // (results, count)
  const auto last = reshape(gy, {-1, 1});              // (results, 1)
  const auto others = zeros<T>({last.shape(0), over.count - 1});
  const auto start = concatenate({ones<T>(last.shape()), strided_view(rows, {Slice(), Slice({}, -1)})}, 1);
  const auto before = cumprod(start, 1);
  const auto after = linear_recurrence(rows, concatenate({others, last}, 1), 1, {.from_end = true});
  return transpose(reshape(before * after, moved.shape()), inverse(order));
}

}  // namespace

template <Real T>
BasicTensor<T> prod(const BasicTensor<T>& x, const Axes& axis, ReduceOptions options, Here at) {
  const ReducedAxes over("prod", x.shape(), axis, options.keep_dims, at);
  auto y = uninitialized<T>(over.result, at);
  kernels::prod(y.data(), x.data(), over.kept, x.shape());
  return record({"prod", at}, std::move(y),
                wrt(x, [x = saved(x, "x"), over](const auto& gy) { return prod_grad(gy, x(), over); }));
}

template Tensor prod(const Tensor&, const Axes&, ReduceOptions, Here);
template Tensor64 prod(const Tensor64&, const Axes&, ReduceOptions, Here);

}  // namespace xtape
