// Constants surround x, which is a region of the result; elements are taken again by index, axis by axis.
#include <xtape/ops/pad.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/kernels/strided.hpp>
#include <xtape/ops/region_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

/// Widths for each axis.
std::vector<PadWidths> check_widths(const Shape& shape, std::vector<PadWidths> widths, Here at) {
  if (widths.size() == 1) widths.resize(shape.size(), widths[0]);
  if (widths.size() != shape.size())
    raise<ShapeError>(
        fmt::format("pad: {} pairs of widths for the {} axes of shape {}; give one, or one an axis",
                    widths.size(), shape.size(), to_string(shape)),
        at);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto [before, after] = widths[d];
    if (before < 0 || after < 0)
      raise<ValueError>(fmt::format("pad: widths ({}, {}) for shape {}; they are 0 or more, view() cuts off",
                                    before, after, to_string(shape)),
                        at);
    index_t extent = 0;
    if (__builtin_add_overflow(before, after, &extent) || __builtin_add_overflow(extent, shape[d], &extent))
      raise<ShapeError>(
          fmt::format("pad: widths ({}, {}) around axis {} of shape {}: that many places do not "
                      "fit in memory",
                      before, after, d, to_string(shape)),
          at);
  }
  return widths;
}

template <Real T>
BasicTensor<T> surrounded(OpName op, const BasicTensor<T>& x, const std::vector<PadWidths>& widths, T value) {
  Shape shape = x.shape();
  for (std::size_t d = 0; d < shape.size(); ++d) shape[d] += widths[d].before + widths[d].after;
  auto y = uninitialized<T>(shape, op.at);
  Region region{x.shape(), row_major_strides(shape)};
  for (std::size_t d = 0; d < shape.size(); ++d) region.offset += widths[d].before * region.strides[d];
  std::fill_n(y.data(), y.size(), value);
  kernels::strided_assign(y.data() + region.offset, region.strides, x.data(), region.shape);
  return record(op, std::move(y), wrt(x, [region](const auto& gy) { return take("view", gy, region); }));
}

/// The place that `place`, inside of the axis or outside, repeats. Mirrored, an axis of four goes on as
/// 0 1 2 3 2 1 0 1 ..., with period 6.
index_t source(index_t place, index_t extent, PadMode mode) {
  if (mode == PadMode::edge) return std::clamp(place, index_t{0}, extent - 1);
  const index_t period = std::max<index_t>(1, 2 * (extent - 1));
  const index_t phase = (place % period + period) % period;
  return std::min(phase, period - phase);
}

template <Real T>
BasicTensor<T> continued(const BasicTensor<T>& x, std::size_t axis, PadWidths widths, PadMode mode, Here at) {
  const index_t extent = x.shape()[axis];
  if (extent == 0)
    raise<ShapeError>(fmt::format("pad: axis {} of shape {} has no elements to continue with; use a constant",
                                  axis, to_string(x.shape())),
                      at);
  auto places = uninitialized<std::int64_t>({widths.before + extent + widths.after}, at);
  for (index_t i = 0; i < places.size(); ++i) places.data()[i] = source(i - widths.before, extent, mode);
  return take(x, Indices(places), static_cast<index_t>(axis), at);
}

}  // namespace

template <Real T>
BasicTensor<T> pad(const BasicTensor<T>& x, const std::vector<PadWidths>& widths, PadOptions options,
                   Here at) {
  const auto of_axes = check_widths(x.shape(), widths, at);
  if (options.mode == PadMode::constant)
    return surrounded({"pad", at}, x, of_axes, static_cast<T>(options.value));
  auto y = x;
  for (std::size_t d = 0; d < of_axes.size(); ++d)
    if (of_axes[d].before + of_axes[d].after > 0) y = continued(y, d, of_axes[d], options.mode, at);
  return y;
}

template Tensor pad(const Tensor&, const std::vector<PadWidths>&, PadOptions, Here);
template Tensor64 pad(const Tensor64&, const std::vector<PadWidths>&, PadOptions, Here);

}  // namespace xtape
