// Nested braces to memory, for the .cpp files that instantiate array types.
#pragma once

#include <xtape/core/array.hpp>
#include <xtape/core/error.hpp>

namespace xtape {

namespace nested {

template <int Depth, class List>
void measure(const List& list, Shape& shape) {
  shape.push_back(static_cast<index_t>(list.size()));
  if constexpr (Depth > 1) {
    static const typename List::value_type nothing{};
    measure<Depth - 1>(list.size() ? *list.begin() : nothing, shape);
  }
}

template <int Depth, class List, class E>
void copy(const List& list, const index_t* extents, E*& out) {
  if (static_cast<index_t>(list.size()) != *extents)
    throw ShapeError("array from braces: rows differ in length: " + std::to_string(*extents) + " and " +
                     std::to_string(list.size()));
  for (const auto& item : list) {
    if constexpr (Depth > 1)
      copy<Depth - 1>(item, extents + 1, out);
    else
      *out++ = item;
  }
}

}  // namespace nested

template <class E, int Depth>
Buffer<E> from_nested(const Nested<E, Depth>& values) {
  Shape shape;
  nested::measure<Depth>(values, shape);
  auto result = uninitialized<E>(shape);
  E* out = result.data();
  nested::copy<Depth>(values, shape.data(), out);
  return result;
}

}  // namespace xtape
