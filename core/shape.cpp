// Shape arithmetic.
#include <xtape/core/shape.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace xtape {

namespace {

// An empty array may have other extents of any size, whose product wraps: nothing is found by it.
index_t wrapping_product(index_t a, index_t b) {
  return static_cast<index_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

}  // namespace

Strides row_major_strides(const Shape& shape) {
  Strides strides(shape.size());
  index_t step = 1;
  for (std::size_t d = shape.size(); d-- > 0; step = wrapping_product(step, shape[d])) strides[d] = step;
  return strides;
}

Strides broadcast_strides(const Shape& shape, const Shape& to) {
  const Strides own = row_major_strides(shape);
  const std::size_t missing = to.size() - shape.size();
  Strides strides(to.size(), 0);
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (shape[d] != 1) strides[missing + d] = own[d];
  return strides;
}

bool broadcasts_to(const Shape& shape, const Shape& to) {
  if (shape.size() > to.size()) return false;
  const std::size_t missing = to.size() - shape.size();
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (shape[d] != 1 && shape[d] != to[missing + d]) return false;
  return true;
}

std::string to_string(const Shape& shape) {
  if (shape.size() == 1) return fmt::format("({},)", shape[0]);
  return fmt::format("({})", fmt::join(shape.begin(), shape.end(), ", "));
}

}  // namespace xtape
