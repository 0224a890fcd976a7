// Slicing with xtensor's own slices.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include <xtape/core/tensor.hpp>

namespace xt {
struct xall_tag;
struct xnewaxis_tag;
struct xellipsis_tag;
template <class A, class B, class C>
struct xrange_adaptor;
namespace placeholders {
struct xtuph;
}
}  // namespace xt

namespace xtape {

/// What one slice takes of an axis. Made from an integer, xt::all(), xt::range(start, stop[, step]) with or
/// without placeholders, xt::newaxis() or xt::ellipsis().
struct Slice {
  enum class Kind : std::uint8_t { index, range, new_axis, ellipsis };

  /// The whole axis.
  Slice() = default;
  /// One place; the axis goes.
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  Slice(I index) : kind(Kind::index), start(static_cast<index_t>(index)) {}
  /// start, start + step, ... before stop; where one is missing, the range begins or ends with the axis.
  Slice(std::optional<index_t> first, std::optional<index_t> end, std::optional<index_t> by = {})
      : start(first), stop(end), step(by) {}
  Slice(const xt::xall_tag&) {}
  Slice(const xt::xnewaxis_tag&) : kind(Kind::new_axis) {}
  Slice(const xt::xellipsis_tag&) : kind(Kind::ellipsis) {}
  template <class A, class B, class C>
  Slice(const xt::xrange_adaptor<A, B, C>& range)
      : Slice(bound(range.start()), bound(range.stop()), bound(range.step())) {}

  Kind kind = Kind::range;
  std::optional<index_t> start, stop, step;

 private:
  template <std::integral I>
  static std::optional<index_t> bound(I value) {
    return static_cast<index_t>(value);
  }
  static std::optional<index_t> bound(const xt::placeholders::xtuph&) { return std::nullopt; }
};

/// One slice for each axis, outermost first.
using Slices = SmallVector<Slice, 6>;

/// The part of x that the slices take, by NumPy's rules: an integer takes one place and drops the axis, a
/// range takes the places it holds (its ends are cut to the axis, a negative step runs backwards), newaxis
/// adds an axis of extent 1, an ellipsis or a missing slice takes whole axes. Negative numbers count from
/// the end. The values are copied, unless they are all of x in order; the gradient is added into the part
/// only. Throws IndexError for an index outside of its axis, more slices than axes and a second ellipsis,
/// ValueError for step 0. xt::strided_view, numpy's x[...].
template <Real T>
BasicTensor<T> strided_view(const BasicTensor<T>& x, const Slices& slices, Here at = Here::now());

/// A tensor and the place where it was handed over, for functions that end in a pack.
template <Real T>
struct TensorAt {
  const BasicTensor<T>& tensor;
  Here at;
  TensorAt(const BasicTensor<T>& x, Here place = Here::now()) : tensor(x), at(place) {}
};

/// What view is: a function object, so that xtensor's view, which takes anything, is not found through the
/// slices.
struct View {
  template <std::convertible_to<Slice>... S>
  Tensor operator()(TensorAt<float> x, const S&... slices) const {
    return strided_view(x.tensor, Slices{Slice(slices)...}, x.at);
  }
  template <std::convertible_to<Slice>... S>
  Tensor64 operator()(TensorAt<double> x, const S&... slices) const {
    return strided_view(x.tensor, Slices{Slice(slices)...}, x.at);
  }
};

/// view(x, 0, xt::all(), xt::range(1, _), xt::newaxis()): strided_view with one argument a slice;
/// torch.Tensor .view is reshape. xt::view, numpy's x[0, :, 1:, None].
inline constexpr View view;

}  // namespace xtape
