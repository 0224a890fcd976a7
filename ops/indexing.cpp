// take() and take_along_axis(): each is the gradient of the other's adjoint.
#include <xtape/ops/indexing.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/kernels/indexing.hpp>
#include <xtape/ops/split_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

/// x's shape with the axis replaced by the axes of indices.
Shape taken_shape(const Shape& x, std::size_t dim, const Shape& indices) {
  Shape shape(x.begin(), x.begin() + dim);
  for (const index_t extent : indices) shape.push_back(extent);
  for (std::size_t d = dim + 1; d < x.size(); ++d) shape.push_back(x[d]);
  return shape;
}

void check_along_axis(const char* op, const Shape& x, std::size_t dim, const Indices& indices, Here at) {
  Shape expected = x;
  if (indices.dimension() == x.size()) expected[dim] = indices.shape()[dim];
  if (indices.shape() != expected)
    raise<ShapeError>(fmt::format("{}: indices {} must have the shape {} of x but for axis {}", op,
                                  to_string(indices.shape()), to_string(x), dim),
                      at);
}

template <Real T>
Buffer<T> zero_buffer(const Shape& shape, Here at) {
  auto y = uninitialized<T>(shape, at);
  std::fill_n(y.data(), y.size(), T{0});
  return y;
}

}  // namespace

template <Real T>
BasicTensor<T> take(const BasicTensor<T>& x, const Indices& indices, index_t axis, Here at) {
  const auto dim = check_axis("take", x.shape(), axis, at);
  const auto split = split_at(x.shape(), dim);
  check_indices("take", indices.data(), indices.size(), split.length, at);
  auto y = uninitialized<T>(taken_shape(x.shape(), dim, indices.shape()), at);
  kernels::take(y.data(), x.data(), indices.data(), indices.size(), split);
  return record({"take", at}, std::move(y),
                wrt(
                    x,
                    [indices, axis, shape = x.shape()](const BasicTensor<T>& gy) {
                      return take_adjoint(gy, indices, axis, shape);
                    },
                    [indices, split](const BasicTensor<T>& gy, Buffer<T>& gx) {
                      kernels::take_add(gx.data(), gy.data(), indices.data(), indices.size(), split);
                    }));
}

template <Real T>
BasicTensor<T> take_adjoint(const BasicTensor<T>& x, const Indices& indices, index_t axis, const Shape& shape,
                            Here at) {
  const auto dim = check_axis("take_adjoint", shape, axis, at);
  const auto split = split_at(shape, dim);
  check_indices("take_adjoint", indices.data(), indices.size(), split.length, at);
  check_same_shape("take_adjoint", "x", x.shape(), "what take() gives",
                   taken_shape(shape, dim, indices.shape()), at);
  auto y = zero_buffer<T>(shape, at);
  kernels::take_add(y.data(), x.data(), indices.data(), indices.size(), split);
  return record({"take_adjoint", at}, std::move(y),
                wrt(x, [indices, axis](const BasicTensor<T>& gy) { return take(gy, indices, axis); }));
}

template <Real T>
BasicTensor<T> take_along_axis(const BasicTensor<T>& x, const Indices& indices, index_t axis, Here at) {
  const auto dim = check_axis("take_along_axis", x.shape(), axis, at);
  check_along_axis("take_along_axis", x.shape(), dim, indices, at);
  const auto split = split_at(x.shape(), dim);
  check_indices("take_along_axis", indices.data(), indices.size(), split.length, at);
  const index_t count = indices.shape()[dim];
  auto y = uninitialized<T>(indices.shape(), at);
  kernels::take_along_axis(y.data(), x.data(), indices.data(), count, split);
  return record({"take_along_axis", at}, std::move(y),
                wrt(
                    x,
                    [indices, axis, shape = x.shape()](const BasicTensor<T>& gy) {
                      return take_along_axis_adjoint(gy, indices, axis, shape);
                    },
                    [indices, count, split](const BasicTensor<T>& gy, Buffer<T>& gx) {
                      kernels::take_along_axis_add(gx.data(), gy.data(), indices.data(), count, split);
                    }));
}

template <Real T>
BasicTensor<T> take_along_axis_adjoint(const BasicTensor<T>& x, const Indices& indices, index_t axis,
                                       const Shape& shape, Here at) {
  const auto dim = check_axis("take_along_axis_adjoint", shape, axis, at);
  check_along_axis("take_along_axis_adjoint", shape, dim, indices, at);
  check_same_shape("take_along_axis_adjoint", "x", x.shape(), "indices", indices.shape(), at);
  const auto split = split_at(shape, dim);
  check_indices("take_along_axis_adjoint", indices.data(), indices.size(), split.length, at);
  auto y = zero_buffer<T>(shape, at);
  kernels::take_along_axis_add(y.data(), x.data(), indices.data(), indices.shape()[dim], split);
  return record(
      {"take_along_axis_adjoint", at}, std::move(y),
      wrt(x, [indices, axis](const BasicTensor<T>& gy) { return take_along_axis(gy, indices, axis); }));
}

template <Real T>
BasicTensor<T> scatter_add(const BasicTensor<T>& x, const Indices& indices,
                           const std::type_identity_t<BasicTensor<T>>& src, index_t axis, Here at) {
  const auto dim = check_axis("scatter_add", x.shape(), axis, at);
  check_along_axis("scatter_add", x.shape(), dim, indices, at);
  check_same_shape("scatter_add", "src", src.shape(), "indices", indices.shape(), at);
  const auto split = split_at(x.shape(), dim);
  check_indices("scatter_add", indices.data(), indices.size(), split.length, at);
  auto y = uninitialized<T>(x.shape(), at);
  std::copy_n(x.data(), x.size(), y.data());
  kernels::take_along_axis_add(y.data(), src.data(), indices.data(), indices.shape()[dim], split);
  return record(
      {"scatter_add", at}, std::move(y), wrt(x, [](const BasicTensor<T>& gy) { return gy; }),
      wrt(src, [indices, axis](const BasicTensor<T>& gy) { return take_along_axis(gy, indices, axis); }));
}

template <Real T>
BasicTensor<T> one_hot(const Indices& indices, index_t classes, Here at) {
  check_indices("one_hot", indices.data(), indices.size(), classes, at);
  Shape shape = indices.shape();
  shape.push_back(classes);
  auto y = zero_buffer<T>(shape, at);
  for (index_t i = 0; i < indices.size(); ++i) y.data()[i * classes + indices.data()[i]] = 1;
  return y;
}

template Tensor take(const Tensor&, const Indices&, index_t, Here);
template Tensor64 take(const Tensor64&, const Indices&, index_t, Here);
template Tensor take_adjoint(const Tensor&, const Indices&, index_t, const Shape&, Here);
template Tensor64 take_adjoint(const Tensor64&, const Indices&, index_t, const Shape&, Here);
template Tensor take_along_axis(const Tensor&, const Indices&, index_t, Here);
template Tensor64 take_along_axis(const Tensor64&, const Indices&, index_t, Here);
template Tensor take_along_axis_adjoint(const Tensor&, const Indices&, index_t, const Shape&, Here);
template Tensor64 take_along_axis_adjoint(const Tensor64&, const Indices&, index_t, const Shape&, Here);
template Tensor scatter_add<float>(const Tensor&, const Indices&, const Tensor&, index_t, Here);
template Tensor64 scatter_add<double>(const Tensor64&, const Indices&, const Tensor64&, index_t, Here);
template Tensor one_hot<float>(const Indices&, index_t, Here);
template Tensor64 one_hot<double>(const Indices&, index_t, Here);

}  // namespace xtape
