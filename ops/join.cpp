// Joining writes each input into its region of the result; splitting takes regions.
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/join.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/region_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

template <Real T>
void check_some(const char* op, const std::vector<BasicTensor<T>>& xs, Here at) {
  if (xs.empty()) raise<ValueError>(fmt::format("{}: no tensors; give at least one", op), at);
}

void check_join(const Shape& first, const Shape& other, std::size_t axis, std::size_t position, Here at) {
  Shape same = other;
  if (other.size() == first.size()) same[axis] = first[axis];
  if (same != first)
    raise<ShapeError>(
        fmt::format("concatenate: shapes {} and {} of inputs 0 and {} differ in another axis than {}",
                    to_string(first), to_string(other), position, axis),
        at);
}

/// A result of `shape` with xs[i] in regions[i], which together fill it.
template <Real T>
BasicTensor<T> join(OpName op, const std::vector<BasicTensor<T>>& xs, const std::vector<Region>& regions,
                    const Shape& shape) {
  auto y = uninitialized<T>(shape, op.at);
  std::vector<Wrt> wrts;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Region& region = regions[i];
    kernels::strided_assign(y.data() + region.offset, region.strides, xs[i].data(), region.shape);
    wrts.push_back(wrt(xs[i], [region](const auto& gy) { return take("view", gy, region); }));
  }
  return record(op, std::move(y), std::move(wrts));
}

}  // namespace

template <Real T>
BasicTensor<T> concatenate(const std::vector<BasicTensor<T>>& xs, index_t axis, Here at) {
  check_some("concatenate", xs, at);
  Shape shape = xs[0].shape();
  const std::size_t d = check_axis("concatenate", shape, axis, at);
  shape[d] = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    check_join(xs[0].shape(), xs[i].shape(), d, i, at);
    shape[d] += xs[i].shape()[d];
  }
  std::vector<Region> regions;
  index_t begin = 0;
  for (const auto& x : xs) {
    regions.push_back(slab(shape, d, begin, begin + x.shape()[d]));
    begin += x.shape()[d];
  }
  return join({"concatenate", at}, xs, regions, shape);
}

template <Real T>
BasicTensor<T> stack(const std::vector<BasicTensor<T>>& xs, index_t axis, Here at) {
  check_some("stack", xs, at);
  for (std::size_t i = 1; i < xs.size(); ++i)
    check_same_shape("stack", "input 0", xs[0].shape(), fmt::format("input {}", i), xs[i].shape(), at);
  const std::size_t d = check_new_axis("stack", xs[0].shape(), axis, at);
  Shape shape = xs[0].shape();
  shape.insert(d, static_cast<index_t>(xs.size()));
  std::vector<Region> regions;
  for (index_t i = 0; i < shape[d]; ++i) {
    regions.push_back(slab(shape, d, i, i + 1));
    regions.back().shape.erase(d);
    regions.back().strides.erase(d);
  }
  return join({"stack", at}, xs, regions, shape);
}

template <Real T>
std::vector<BasicTensor<T>> split(const BasicTensor<T>& x, index_t parts, index_t axis, Here at) {
  const std::size_t d = check_axis("split", x.shape(), axis, at);
  if (parts < 1) raise<ValueError>(fmt::format("split: {} parts; there is at least one", parts), at);
  const index_t extent = x.shape()[d];
  if (extent % parts != 0)
    raise<ShapeError>(
        fmt::format("split: axis {} of shape {} does not divide into {} parts of one size; give the "
                    "positions to cut at instead",
                    d, to_string(x.shape()), parts),
        at);
  std::vector<BasicTensor<T>> result;
  for (index_t i = 0, size = extent / parts; i < parts; ++i)
    result.push_back(take({"split", at}, x, slab(x.shape(), d, i * size, (i + 1) * size)));
  return result;
}

template <Real T>
std::vector<BasicTensor<T>> split(const BasicTensor<T>& x, const std::vector<index_t>& positions,
                                  index_t axis, Here at) {
  const std::size_t d = check_axis("split", x.shape(), axis, at);
  const index_t extent = x.shape()[d];
  std::vector<BasicTensor<T>> result;
  index_t begin = 0;
  const auto cut = [&](index_t end) {
    result.push_back(take({"split", at}, x, slab(x.shape(), d, begin, std::max(begin, end))));
    begin = end;
  };
  for (const index_t position : positions)
    cut(std::clamp(position < 0 ? position + extent : position, index_t{0}, extent));
  cut(extent);
  return result;
}

template <Real T>
std::vector<BasicTensor<T>> chunk(const BasicTensor<T>& x, index_t chunks, index_t axis, Here at) {
  const std::size_t d = check_axis("chunk", x.shape(), axis, at);
  if (chunks < 1) raise<ValueError>(fmt::format("chunk: {} chunks; there is at least one", chunks), at);
  const index_t extent = x.shape()[d], size = extent / chunks + (extent % chunks != 0);
  const index_t count = extent == 0 ? chunks : (extent + size - 1) / size;
  std::vector<BasicTensor<T>> result;
  for (index_t i = 0; i < count; ++i)
    result.push_back(take({"chunk", at}, x, slab(x.shape(), d, i * size, std::min((i + 1) * size, extent))));
  return result;
}

template Tensor concatenate(const std::vector<Tensor>&, index_t, Here);
template Tensor64 concatenate(const std::vector<Tensor64>&, index_t, Here);
template Tensor stack(const std::vector<Tensor>&, index_t, Here);
template Tensor64 stack(const std::vector<Tensor64>&, index_t, Here);
template std::vector<Tensor> split(const Tensor&, index_t, index_t, Here);
template std::vector<Tensor64> split(const Tensor64&, index_t, index_t, Here);
template std::vector<Tensor> split(const Tensor&, const std::vector<index_t>&, index_t, Here);
template std::vector<Tensor64> split(const Tensor64&, const std::vector<index_t>&, index_t, Here);
template std::vector<Tensor> chunk(const Tensor&, index_t, index_t, Here);
template std::vector<Tensor64> chunk(const Tensor64&, index_t, index_t, Here);

}  // namespace xtape
