// Slices become a region of the tensor.
#include <xtape/core/error.hpp>
#include <xtape/ops/region_impl.hpp>
#include <xtape/ops/view.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

using Kind = Slice::Kind;

index_t count_of(const Slices& slices, Kind kind) {
  return std::count_if(slices.begin(), slices.end(), [&](const Slice& slice) { return slice.kind == kind; });
}

void check_count(const Shape& shape, const Slices& slices, Here at) {
  if (count_of(slices, Kind::ellipsis) > 1)
    raise<IndexError>(fmt::format("view: {} ellipses for shape {}; one can stand for any number of axes",
                                  count_of(slices, Kind::ellipsis), to_string(shape)),
                      at);
  const index_t taking = count_of(slices, Kind::index) + count_of(slices, Kind::range);
  if (taking > static_cast<index_t>(shape.size()))
    raise<IndexError>(
        fmt::format("view: {} slices for the {} axes of shape {}", taking, shape.size(), to_string(shape)),
        at);
}

/// Builds a region slice by slice.
class Slicer {
 public:
  Slicer(const Shape& shape, Here at) : shape_(shape), strides_(row_major_strides(shape)), at_(at) {}

  std::size_t axes_left() const { return shape_.size() - axis_; }
  Region result() const { return region_; }

  void take(const Slice& slice) {
    if (slice.kind == Kind::new_axis)
      keep(1, 0);
    else if (slice.kind == Kind::index)
      take_index(*slice.start);
    else
      take_range(slice);
  }
  void take_whole_axes(std::size_t count) {
    for (; count > 0; --count, ++axis_) keep(shape_[axis_], strides_[axis_]);
  }

 private:
  void keep(index_t extent, index_t stride) {
    region_.shape.push_back(extent);
    region_.strides.push_back(stride);
  }

  void take_index(index_t index) {
    const index_t extent = shape_[axis_];
    if (index < -extent || index >= extent)
      raise<IndexError>(
          fmt::format("view: index {} is out of range for axis {} of shape {}, which has extent {}", index,
                      axis_, to_string(shape_), extent),
          at_);
    region_.offset += (index < 0 ? index + extent : index) * strides_[axis_];
    ++axis_;
  }

  void take_range(const Slice& slice) {
    const auto [start, step, count] = places(slice);
    if (count > 0) region_.offset += start * strides_[axis_];
    keep(count, count > 1 ? step * strides_[axis_] : 0);
    ++axis_;
  }

  struct Places {
    index_t start, step, count;
  };
  /// What a range holds of this axis: Python's slice.indices.
  Places places(const Slice& slice) const {
    const index_t extent = shape_[axis_], step = slice.step.value_or(1);
    if (step == 0)
      raise<ValueError>(
          fmt::format("view: a range with step 0 along axis {} of shape {}", axis_, to_string(shape_)), at_);
    const index_t lowest = step > 0 ? 0 : -1, highest = step > 0 ? extent : extent - 1;
    const auto place = [&](const std::optional<index_t>& end, index_t otherwise) {
      return end ? std::clamp(*end < 0 ? *end + extent : *end, lowest, highest) : otherwise;
    };
    const index_t start = place(slice.start, step > 0 ? lowest : highest);
    const index_t stop = place(slice.stop, step > 0 ? highest : lowest);
    const index_t last = step > 0 ? stop - start - 1 : start - stop - 1;
    // unsigned: the most negative step has no positive counterpart
    const auto stride = step > 0 ? static_cast<std::size_t>(step) : -static_cast<std::size_t>(step);
    return {start, step, last < 0 ? 0 : static_cast<index_t>(static_cast<std::size_t>(last) / stride) + 1};
  }

  const Shape& shape_;
  Strides strides_;
  Here at_;
  std::size_t axis_ = 0;
  Region region_;
};

}  // namespace

template <Real T>
BasicTensor<T> strided_view(const BasicTensor<T>& x, const Slices& slices, Here at) {
  check_count(x.shape(), slices, at);
  Slicer slicer(x.shape(), at);
  auto taking = static_cast<std::size_t>(count_of(slices, Kind::index) + count_of(slices, Kind::range));
  for (const Slice& slice : slices) {
    if (slice.kind == Kind::ellipsis)
      slicer.take_whole_axes(slicer.axes_left() - taking);
    else
      slicer.take(slice);
    taking -= slice.kind == Kind::index || slice.kind == Kind::range;
  }
  slicer.take_whole_axes(slicer.axes_left());
  return take({"view", at}, x, slicer.result());
}

template Tensor strided_view(const Tensor&, const Slices&, Here);
template Tensor64 strided_view(const Tensor64&, const Slices&, Here);

}  // namespace xtape
