// Repetition is broadcasting along a new axis that then becomes part of its neighbour.
#include <xtape/ops/repeat.hpp>

#include <xtape/core/call_site.hpp>
#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/ops/indexing.hpp>
#include <xtape/ops/layout.hpp>
#include <xtape/ops/split_impl.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace xtape {

namespace {

void check_counts(const char* op, const index_t* begin, const index_t* end, Here at) {
  const auto negative = std::find_if(begin, end, [](index_t count) { return count < 0; });
  if (negative != end)
    raise<ValueError>(fmt::format("{}: {} repetitions; there are 0 or more", op, *negative), at);
}

/// extent * count. Throws ShapeError where no array has as many places.
index_t times_extent(const char* op, const Shape& shape, index_t extent, index_t count, Here at) {
  index_t product = 0;
  if (__builtin_mul_overflow(extent, count, &product))
    raise<ShapeError>(fmt::format("{}: {} times {} places of shape {} do not fit in memory", op, count,
                                  extent, to_string(shape)),
                      at);
  return product;
}

/// Each place as often as its count says.
Indices places(const Indices& counts, Here at) {
  index_t sum = 0;
  for (index_t i = 0; i < counts.size(); ++i)
    if (__builtin_add_overflow(sum, counts.data()[i], &sum))
      raise<ValueError>("repeat: the counts add up to more than fits in memory", at);
  auto result = uninitialized<std::int64_t>({sum}, at);
  std::int64_t* next = result.data();
  for (index_t i = 0; i < counts.size(); ++i) next = std::fill_n(next, counts.data()[i], i);
  return result;
}

}  // namespace

template <Real T>
BasicTensor<T> tile(const BasicTensor<T>& x, const Shape& counts, Here at) {
  check_counts("tile", counts.begin(), counts.end(), at);
  const CallSite site(at);
  const std::size_t rank = std::max(x.dimension(), counts.size());
  Shape apart, spread,
      joined;  // with an axis before each that is repeated: of extent 1, of its count, neither
  for (std::size_t d = 0; d < rank; ++d) {
    const index_t extent = d + x.dimension() < rank ? 1 : x.shape()[d + x.dimension() - rank];
    const index_t count = d + counts.size() < rank ? 1 : counts[d + counts.size() - rank];
    if (count != 1) {
      apart.push_back(1);
      spread.push_back(count);
    }
    if (count == 1 || extent != 1) {  // else the new axis serves as both
      apart.push_back(extent);
      spread.push_back(extent);
    }
    joined.push_back(times_extent("tile", x.shape(), extent, count, at));
  }
  if (spread.size() > max_rank)
    raise<ShapeError>(
        fmt::format("tile: {} axes for shape {} by {}, two for each that is repeated; {} are the most",
                    spread.size(), to_string(x.shape()), to_string(counts), max_rank),
        at);
  return reshape(broadcast_to(reshape(x, apart), spread), joined);
}

template <Real T>
BasicTensor<T> repeat(const BasicTensor<T>& x, index_t count, std::optional<index_t> axis, Here at) {
  check_counts("repeat", &count, &count + 1, at);
  const CallSite site(at);
  if (!axis) return repeat(flatten(x), count, 0);
  const std::size_t d = check_axis("repeat", x.shape(), *axis, at);
  Shape joined = x.shape();
  joined[d] = times_extent("repeat", x.shape(), joined[d], count, at);
  const auto [outer, length, inner] = split_at(x.shape(), d);
  const index_t rows = times_extent("repeat", x.shape(), outer, length, at);
  const auto copies = broadcast_to(reshape(x, {rows, 1, inner}), {rows, count, inner});
  return reshape(copies, joined);
}

template <Real T>
BasicTensor<T> repeat(const BasicTensor<T>& x, const Indices& counts, std::optional<index_t> axis, Here at) {
  check_counts("repeat", counts.data(), counts.data() + counts.size(), at);
  const CallSite site(at);
  if (!axis) return repeat(flatten(x), counts, 0);
  const std::size_t d = check_axis("repeat", x.shape(), *axis, at);
  if (counts.shape() != Shape{x.shape()[d]})
    raise<ShapeError>(
        fmt::format("repeat: counts {} are not one for each of the {} places along axis {} of shape {}",
                    to_string(counts.shape()), x.shape()[d], d, to_string(x.shape())),
        at);
  return take(x, places(counts, at), *axis);
}

template Tensor tile(const Tensor&, const Shape&, Here);
template Tensor64 tile(const Tensor64&, const Shape&, Here);
template Tensor repeat(const Tensor&, index_t, std::optional<index_t>, Here);
template Tensor64 repeat(const Tensor64&, index_t, std::optional<index_t>, Here);
template Tensor repeat(const Tensor&, const Indices&, std::optional<index_t>, Here);
template Tensor64 repeat(const Tensor64&, const Indices&, std::optional<index_t>, Here);

}  // namespace xtape
