// Arrays: allocation, element access, and the types without gradients.
#include <xtape/core/array.hpp>

#include <xtape/core/checks.hpp>
#include <xtape/core/error.hpp>
#include <xtape/core/nested_impl.hpp>

#include <fmt/format.h>

#include <limits>

namespace xtape {

index_t ArrayBase::shape(index_t axis, Here at) const {
  return shape_[check_axis("shape", shape_, axis, at)];
}

template <class E>
Buffer<E> uninitialized(const Shape& shape, Here at) {
  if (shape.size() > max_rank)
    raise<ShapeError>(
        fmt::format("shape {}: {} axes; {} are the most", to_string(shape), shape.size(), max_rank), at);
  std::size_t count = 1;
  bool empty = false;
  for (const index_t extent : shape) {
    if (extent < 0) raise<ShapeError>(fmt::format("shape {}: extents are 0 or more", to_string(shape)), at);
    empty |= extent == 0;
    if (!empty && __builtin_mul_overflow(count, static_cast<std::size_t>(extent), &count))
      count = std::numeric_limits<std::size_t>::max();
  }
  if (empty) count = 0;
  if (count > static_cast<std::size_t>(std::numeric_limits<index_t>::max()) / sizeof(E))
    raise<ShapeError>(fmt::format("shape {}: that many elements do not fit in memory", to_string(shape)), at);
  return Buffer<E>(Storage::allocate(count * sizeof(E)), shape);
}

template Buffer<float> uninitialized(const Shape&, Here);
template Buffer<double> uninitialized(const Shape&, Here);
template Buffer<std::int64_t> uninitialized(const Shape&, Here);
template Buffer<bool> uninitialized(const Shape&, Here);

index_t element_offset(const Shape& shape, std::initializer_list<index_t> index, Here at) {
  const auto raise_at = [&](const char* why) {
    raise<IndexError>(fmt::format("at: index {} {} shape {}", to_string(Shape(index)), why, to_string(shape)),
                      at);
  };
  if (index.size() != shape.size()) raise_at("has another number of axes than");
  index_t offset = 0;
  const index_t* extent = shape.begin();
  for (index_t i : index) {
    if (i < -*extent || i >= *extent) raise_at("is outside of");
    offset = offset * *extent + (i < 0 ? i + *extent : i);
    ++extent;
  }
  return offset;
}

template <class E>
ConstArray<E>::ConstArray(Nested<E, 1> values) : ConstArray(from_nested<E, 1>(values)) {}
template <class E>
ConstArray<E>::ConstArray(Nested<E, 2> values) : ConstArray(from_nested<E, 2>(values)) {}
template <class E>
ConstArray<E>::ConstArray(Nested<E, 3> values) : ConstArray(from_nested<E, 3>(values)) {}

template <class E>
ConstArray<E>::ConstArray(const std::vector<E>& values)
    : ConstArray(uninitialized<E>({static_cast<index_t>(values.size())})) {
  std::copy(values.begin(), values.end(), static_cast<E*>(storage_->fresh_data()));
}

template <class E>
E ConstArray<E>::item(Here at) const {
  if (size() != 1)
    raise<ShapeError>(fmt::format("item: shape {} does not hold one element", to_string(shape_)), at);
  return *data();
}

template <class E>
ConstArray<E> ConstArray<E>::reshape(const Shape& shape, Here at) const {
  ConstArray y = *this;
  y.shape_ = check_reshape("reshape", shape_, shape, at);
  return y;
}

template class ConstArray<std::int64_t>;
template class ConstArray<bool>;

}  // namespace xtape
