// Choosing by masks: one pass over mask and values.
#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/select.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/masked.hpp>
#include <xtape/ops/reduce.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace xtape {

namespace {

template <Real T>
BasicTensor<T> fill_where(OpName op, const BasicTensor<T>& x, const Mask& mask, T value) {
  const Shape& shape = x.shape();
  check_broadcasts_to(op.text, mask.shape(), shape, op.at);
  auto y = uninitialized<T>(shape, op.at);
  kernels::select(y.data(), {mask.data(), broadcast_strides(mask.shape(), shape)},
                  {&value, broadcast_strides({}, shape)}, {x.data(), row_major_strides(shape)}, shape);
  return record(op, std::move(y),
                wrt(x, [mask = saved(mask, "mask")](const auto& gy) { return masked_fill(gy, mask(), 0); }));
}

/// The places in an array of `shape` where the mask is true.
Indices kept_places(const Mask& mask, const Shape& shape) {
  const Strides strides = broadcast_strides(mask.shape(), shape);
  std::vector<std::int64_t> places;
  Shape index(shape.size(), 0);
  for (index_t i = 0, size = element_count(shape), offset = 0; i < size; ++i) {
    if (mask.data()[offset]) places.push_back(i);
    for (std::size_t d = shape.size(); d-- > 0;) {
      offset += strides[d];
      if (++index[d] < shape[d]) break;
      offset -= std::exchange(index[d], 0) * strides[d];
    }
  }
  return places;
}

/// `left` in the columns before row + diagonal, its opposite in the others.
Mask triangles(index_t rows, index_t columns, index_t diagonal, bool left, Here at) {
  auto mask = uninitialized<bool>({rows, columns}, at);
  const index_t shift = std::clamp(diagonal, -rows, columns);
  for (index_t row = 0; row < rows; ++row) {
    bool* const begin = mask.data() + row * columns;
    bool* const middle = begin + std::clamp(row + shift, index_t{0}, columns);
    std::fill(begin, middle, left);
    std::fill(middle, begin + columns, !left);
  }
  return mask;
}

/// The diagonal right of the k-th.
index_t next(index_t k) { return std::min(k, std::numeric_limits<index_t>::max() - 1) + 1; }

}  // namespace

template <Real T>
BasicTensor<T> masked_fill(const BasicTensor<T>& x, const Mask& mask, double value, Here at) {
  return fill_where({"masked_fill", at}, x, mask, static_cast<T>(value));
}

template <Real T>
BasicTensor<T> masked_select(const BasicTensor<T>& x, const Mask& mask, Here at) {
  check_broadcasts_to("masked_select", mask.shape(), x.shape(), at);
  const CallSite site(at);
  return take(flatten(x), kept_places(mask, x.shape()), 0);
}

template <Real T>
BasicTensor<T> Where::operator()(const Mask& mask, const BasicTensor<T>& a,
                                 const std::type_identity_t<BasicTensor<T>>& b, Here at) const {
  const Shape shape =
      check_broadcast("where", mask.shape(), check_broadcast("where", a.shape(), b.shape(), at), at);
  auto y = uninitialized<T>(shape, at);
  kernels::select(y.data(), {mask.data(), broadcast_strides(mask.shape(), shape)},
                  {a.data(), broadcast_strides(a.shape(), shape)},
                  {b.data(), broadcast_strides(b.shape(), shape)}, shape);
  return record({"where", at}, std::move(y),
                wrt(a, [mask = saved(mask, "mask"),
                        to = a.shape()](const auto& gy) { return sum_to(where(mask(), gy, 0), to); }),
                wrt(b, [mask = saved(mask, "mask"), to = b.shape()](const auto& gy) {
                  return sum_to(masked_fill(gy, mask(), 0), to);
                }));
}

Mask tril_mask(index_t rows, index_t columns, index_t k, Here at) {
  return triangles(rows, columns, next(k), true, at);
}

Mask triu_mask(index_t rows, index_t columns, index_t k, Here at) {
  return triangles(rows, columns, k, false, at);
}

template <Real T>
BasicTensor<T> tril(const BasicTensor<T>& x, index_t k, Here at) {
  check_rank_at_least("tril", "x", x.shape(), 2, at);
  return fill_where({"tril", at}, x, triangles(x.shape(-2), x.shape(-1), next(k), false, at), T(0));
}

template <Real T>
BasicTensor<T> triu(const BasicTensor<T>& x, index_t k, Here at) {
  check_rank_at_least("triu", "x", x.shape(), 2, at);
  return fill_where({"triu", at}, x, triangles(x.shape(-2), x.shape(-1), k, true, at), T(0));
}

template Tensor masked_fill(const Tensor&, const Mask&, double, Here);
template Tensor64 masked_fill(const Tensor64&, const Mask&, double, Here);
template Tensor masked_select(const Tensor&, const Mask&, Here);
template Tensor64 masked_select(const Tensor64&, const Mask&, Here);
template Tensor Where::operator()(const Mask&, const Tensor&, const Tensor&, Here) const;
template Tensor64 Where::operator()(const Mask&, const Tensor64&, const Tensor64&, Here) const;
template Tensor tril(const Tensor&, index_t, Here);
template Tensor64 tril(const Tensor64&, index_t, Here);
template Tensor triu(const Tensor&, index_t, Here);
template Tensor64 triu(const Tensor64&, index_t, Here);

}  // namespace xtape
