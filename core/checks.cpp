// Shared checks.
#include <xtape/core/checks.hpp>

#include <xtape/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace xtape {

std::size_t check_axis(std::string_view op, const Shape& shape, index_t axis, Here at) {
  const auto rank = static_cast<index_t>(shape.size());
  if (axis < -rank || axis >= rank) {
    if (rank == 0)
      raise<ShapeError>(fmt::format("{}: axis {} of a scalar of shape (), which has no axes", op, axis), at);
    raise<ShapeError>(fmt::format("{}: axis {} is out of range for shape {}; axes go from {} to {}", op, axis,
                                  to_string(shape), -rank, rank - 1),
                      at);
  }
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

std::size_t check_new_axis(std::string_view op, const Shape& shape, index_t axis, Here at) {
  const auto rank = static_cast<index_t>(shape.size());
  if (axis < -rank - 1 || axis > rank)
    raise<ShapeError>(fmt::format("{}: axis {} is out of range for shape {}; a new axis goes from {} to {}",
                                  op, axis, to_string(shape), -rank - 1, rank),
                      at);
  return static_cast<std::size_t>(axis < 0 ? axis + rank + 1 : axis);
}

SmallVector<std::size_t, 6> check_axes(std::string_view op, const Shape& shape, const Axes& axes, Here at) {
  SmallVector<std::size_t, 6> result;
  if (axes.all()) {
    for (std::size_t d = 0; d < shape.size(); ++d) result.push_back(d);
    return result;
  }
  for (const index_t axis : axes.values()) result.push_back(check_axis(op, shape, axis, at));
  std::sort(result.begin(), result.end());
  const auto twice = std::adjacent_find(result.begin(), result.end());
  if (twice != result.end())
    raise<ShapeError>(fmt::format("{}: axis {} of shape {} is named twice", op, *twice, to_string(shape)),
                      at);
  return result;
}

Shape check_reshape(std::string_view op, const Shape& from, const Shape& shape, Here at) {
  const index_t size = element_count(from);
  if (shape.size() > max_rank)
    raise<ShapeError>(
        fmt::format("{}: {} axes for shape {}; {} are the most", op, shape.size(), to_string(from), max_rank),
        at);
  Shape result = shape;
  index_t known = 1;
  index_t* open = nullptr;
  for (index_t& extent : result) {
    if (extent == -1 && !open)
      open = &extent;
    else if (extent < 0)
      raise<ShapeError>(fmt::format("{}: shape {} cannot become {}; extents are 0 or more, and one may be -1",
                                    op, to_string(from), to_string(shape)),
                        at);
    else if (__builtin_mul_overflow(known, extent, &known))
      known = std::numeric_limits<index_t>::max();  // unless an extent of 0 follows
  }
  if (open && known > 0 && size % known == 0) *open = size / known;
  if (open ? *open == -1 : known != size)
    raise<ShapeError>(fmt::format("{}: {} elements of shape {} do not fill shape {}", op, size,
                                  to_string(from), to_string(shape)),
                      at);
  return result;
}

Shape check_broadcast(std::string_view op, const Shape& a, const Shape& b, Here at) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const std::size_t missing = longer.size() - shorter.size();
  for (std::size_t d = 0; d < shorter.size(); ++d) {
    index_t& extent = result[missing + d];
    if (extent == 1)
      extent = shorter[d];
    else if (shorter[d] != 1 && shorter[d] != extent)
      raise<ShapeError>(
          fmt::format("{}: shapes {} and {} do not broadcast: axis {} from the last has {} and {}", op,
                      to_string(a), to_string(b), shorter.size() - d, a[d + (a.size() - shorter.size())],
                      b[d + (b.size() - shorter.size())]),
          at);
  }
  return result;
}

void check_broadcasts_to(std::string_view op, const Shape& shape, const Shape& to, Here at) {
  if (!broadcasts_to(shape, to))
    raise<ShapeError>(
        fmt::format("{}: shape {} does not broadcast to {}", op, to_string(shape), to_string(to)), at);
}

void check_same_shape(std::string_view op, std::string_view x_name, const Shape& x, std::string_view y_name,
                      const Shape& y, Here at) {
  if (x != y)
    raise<ShapeError>(fmt::format("{}: {} and {} differ in shape: {} and {}", op, x_name, y_name,
                                  to_string(x), to_string(y)),
                      at);
}

void check_rank_at_least(std::string_view op, std::string_view name, const Shape& x, std::size_t rank,
                         Here at) {
  if (x.size() < rank)
    raise<ShapeError>(fmt::format("{}: {} needs at least {} {}, not shape {}", op, name, rank,
                                  rank == 1 ? "axis" : "axes", to_string(x)),
                      at);
}

void check_rank(std::string_view op, std::string_view name, const Shape& x, std::size_t rank, Here at) {
  if (x.size() != rank)
    raise<ShapeError>(fmt::format("{}: {} needs {} {}, not shape {}", op, name, rank,
                                  rank == 1 ? "axis" : "axes", to_string(x)),
                      at);
}

void check_probability(std::string_view op, std::string_view name, double p, Here at) {
  if (!(p >= 0 && p <= 1))
    raise<ValueError>(fmt::format("{}: {} = {} is not a probability; it lies between 0 and 1", op, name, p),
                      at);
}

void check_not_negative(std::string_view op, std::string_view name, double x, Here at) {
  if (!(x >= 0)) raise<ValueError>(fmt::format("{}: {} = {} must be 0 or more", op, name, x), at);
}

void check_decay(std::string_view op, std::string_view name, double x, Here at) {
  if (!(x >= 0 && x < 1))
    raise<ValueError>(fmt::format("{}: {} = {} must be 0 or more and less than 1", op, name, x), at);
}

void check_indices(std::string_view op, const std::int64_t* indices, index_t n, index_t count, Here at,
                   const std::int64_t* exception) {
  for (index_t i = 0; i < n; ++i)
    if ((indices[i] < 0 || indices[i] >= count) && !(exception && indices[i] == *exception))
      raise<IndexError>(
          fmt::format("{}: index {} at position {} is out of range; there are {} to choose from, 0 to {}", op,
                      indices[i], i, count, count - 1),
          at);
}

}  // namespace xtape
