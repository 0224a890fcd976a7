// Flips are regions read backwards, rolls exchange the two parts of an axis.
#include <xtape/ops/flip.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/parallel.hpp>
#include <xtape/core/record.hpp>
#include <xtape/ops/region_impl.hpp>
#include <xtape/ops/split_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

/// x with its elements moved by `shift` places along the middle axis of `split`.
template <Real T>
BasicTensor<T> rolled(OpName op, const BasicTensor<T>& x, index_t shift, kernels::Split split) {
  if (x.size() == 0 || shift % split.length == 0) return x;
  const index_t leaving = (shift % split.length + split.length) % split.length;
  const index_t row = split.length * split.inner, kept = (split.length - leaving) * split.inner;
  auto y = uninitialized<T>(x.shape(), op.at);
  parallel_for(split.outer, kernels::rows_grain(row), [&, to = y.data()](index_t begin, index_t end) {
    for (index_t o = begin; o < end; ++o) {
      const T* from = x.data() + o * row;
      std::rotate_copy(from, from + kept, from + row, to + o * row);
    }
  });
  return record(op, std::move(y), wrt(x, [op, back = split.length - leaving, split](const auto& gy) {
                  return rolled(op, gy, back, split);
                }));
}

}  // namespace

template <Real T>
BasicTensor<T> flip(const BasicTensor<T>& x, const Axes& axis, Here at) {
  Region region{x.shape(), row_major_strides(x.shape())};
  for (const std::size_t d : check_axes("flip", x.shape(), axis, at)) {
    region.offset += (region.shape[d] - 1) * region.strides[d];
    region.strides[d] *= -1;
  }
  return take({"flip", at}, x, region);
}

template <Real T>
BasicTensor<T> roll(const BasicTensor<T>& x, index_t shift, const Axes& axis, Here at) {
  if (axis.all()) return rolled({"roll", at}, x, shift, {1, x.size(), 1});
  return roll(x, std::vector<index_t>(axis.values().size(), shift), axis, at);
}

template <Real T>
BasicTensor<T> roll(const BasicTensor<T>& x, const std::vector<index_t>& shifts, const Axes& axes, Here at) {
  const auto& values = axes.values();
  if (shifts.size() != values.size())
    raise<ValueError>(
        fmt::format("roll: {} shifts for {} axes; give one for each", shifts.size(), values.size()), at);
  auto y = x;
  for (std::size_t i = 0; i < shifts.size(); ++i)
    y = rolled({"roll", at}, y, shifts[i], split_at(x.shape(), check_axis("roll", x.shape(), values[i], at)));
  return y;
}

template Tensor flip(const Tensor&, const Axes&, Here);
template Tensor64 flip(const Tensor64&, const Axes&, Here);
template Tensor roll(const Tensor&, index_t, const Axes&, Here);
template Tensor64 roll(const Tensor64&, index_t, const Axes&, Here);
template Tensor roll(const Tensor&, const std::vector<index_t>&, const Axes&, Here);
template Tensor64 roll(const Tensor64&, const std::vector<index_t>&, const Axes&, Here);

}  // namespace xtape
