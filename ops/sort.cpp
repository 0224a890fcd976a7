// Sorting: the order first, then the elements by index.
#include <xtape/ops/sort.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/indexing.hpp>
#include <xtape/ops/kernels/sort.hpp>
#include <xtape/ops/split_impl.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

/// The indices of the first `count` elements along an axis.
template <Real T>
Indices first_in_order(const BasicTensor<T>& x, std::size_t dim, index_t count, bool descending, Here at) {
  Shape shape = x.shape();
  shape[dim] = count;
  auto y = uninitialized<std::int64_t>(shape, at);
  kernels::argsort(y.data(), x.data(), count, split_at(x.shape(), dim), descending);
  return y;
}

/// The elements at these indices along an axis.
template <Real T>
BasicTensor<T> pick(OpName op, const BasicTensor<T>& x, const Indices& indices, std::size_t dim) {
  auto y = uninitialized<T>(indices.shape(), op.at);
  kernels::take_along_axis(y.data(), x.data(), indices.data(), indices.shape()[dim],
                           split_at(x.shape(), dim));
  return record(op, std::move(y),
                wrt(x, [indices, axis = static_cast<index_t>(dim), shape = x.shape()](const auto& gy) {
                  return take_along_axis_adjoint(gy, indices, axis, shape);
                }));
}

}  // namespace

template <Real T>
BasicTensor<T> sort(const BasicTensor<T>& x, index_t axis, SortOptions options, Here at) {
  const auto dim = check_axis("sort", x.shape(), axis, at);
  return pick({"sort", at}, x, first_in_order(x, dim, x.shape()[dim], options.descending, at), dim);
}

template <Real T>
Indices argsort(const BasicTensor<T>& x, index_t axis, SortOptions options, Here at) {
  const auto dim = check_axis("argsort", x.shape(), axis, at);
  return first_in_order(x, dim, x.shape()[dim], options.descending, at);
}

template <Real T>
TopK<T> topk(const BasicTensor<T>& x, index_t k, index_t axis, TopKOptions options, Here at) {
  const auto dim = check_axis("topk", x.shape(), axis, at);
  if (k < 0 || k > x.shape()[dim])
    raise<ValueError>(fmt::format("topk: k = {}; axis {} of shape {} has 0 to {} elements to give", k, dim,
                                  to_string(x.shape()), x.shape()[dim]),
                      at);
  const Indices indices = first_in_order(x, dim, k, options.largest, at);
  return {pick({"topk", at}, x, indices, dim), indices};
}

template Tensor sort(const Tensor&, index_t, SortOptions, Here);
template Tensor64 sort(const Tensor64&, index_t, SortOptions, Here);
template Indices argsort(const Tensor&, index_t, SortOptions, Here);
template Indices argsort(const Tensor64&, index_t, SortOptions, Here);
template TopK<float> topk(const Tensor&, index_t, index_t, TopKOptions, Here);
template TopK<double> topk(const Tensor64&, index_t, index_t, TopKOptions, Here);

}  // namespace xtape
