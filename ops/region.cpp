// Sharing, taking and placing.
#include <xtape/core/creation.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/region_impl.hpp>

#include <fmt/format.h>

namespace xtape {

namespace {

/// True where the region is the whole of an array of `size` elements, in order.
bool covers(const Region& region, index_t size) {
  if (element_count(region.shape) != size) return false;
  if (size == 0) return true;
  const Strides dense = row_major_strides(region.shape);
  for (std::size_t d = 0; d < region.shape.size(); ++d)
    if (region.shape[d] > 1 && region.strides[d] != dense[d]) return false;
  return true;
}

}  // namespace

Region slab(const Shape& shape, std::size_t axis, index_t begin, index_t end) {
  Region region{shape, row_major_strides(shape)};
  region.shape[axis] = end - begin;
  region.offset = begin * region.strides[axis];
  return region;
}

template <Real T>
BasicTensor<T> share(OpName op, const BasicTensor<T>& x, const Shape& shape) {
  if (shape.size() > max_rank)
    raise<ShapeError>(fmt::format("{}: {} axes for shape {}; {} are the most", op.text, shape.size(),
                                  to_string(x.shape()), max_rank),
                      op.at);
  BasicTensor<T> y(AnyTensor(ArrayBase(x.storage(), shape), dtype_of<T>));
  return record(op, std::move(y), wrt(x, [from = x.shape()](const auto& gy) { return reshape(gy, from); }));
}

template <Real T>
BasicTensor<T> take(OpName op, const BasicTensor<T>& x, const Region& region) {
  if (covers(region, x.size())) return share(op, x, region.shape);
  auto y = uninitialized<T>(region.shape, op.at);
  kernels::strided_copy(y.data(), x.data() + region.offset, region.strides, region.shape);
  return record(op, std::move(y),
                wrt(
                    x, [region, shape = x.shape()](const auto& gy) { return place(gy, region, shape); },
                    [region](const auto& gy, Buffer<T>& gx) {
                      kernels::strided_add(gx.data() + region.offset, region.strides, gy.data(),
                                           region.shape);
                    }));
}

template <Real T>
BasicTensor<T> place(const BasicTensor<T>& x, const Region& region, const Shape& shape) {
  const bool whole = element_count(region.shape) == element_count(shape);
  auto y = whole ? uninitialized<T>(shape) : Buffer<T>(zeros<T>(shape).storage(), shape);
  kernels::strided_assign(y.data() + region.offset, region.strides, x.data(), region.shape);
  return record("place", std::move(y), wrt(x, [region](const auto& gy) { return take("view", gy, region); }));
}

template Tensor share(OpName, const Tensor&, const Shape&);
template Tensor64 share(OpName, const Tensor64&, const Shape&);
template Tensor take(OpName, const Tensor&, const Region&);
template Tensor64 take(OpName, const Tensor64&, const Region&);
template Tensor place(const Tensor&, const Region&, const Shape&);
template Tensor64 place(const Tensor64&, const Region&, const Shape&);

}  // namespace xtape
