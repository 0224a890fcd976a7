// Storage with a shape: what tensors, buffers, indices and masks have in common, and the two immutable
// array types that carry no gradient.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <type_traits>
#include <vector>

#include <xtape/core/here.hpp>
#include <xtape/core/index.hpp>
#include <xtape/core/shape.hpp>
#include <xtape/core/storage.hpp>

namespace xt {
template <class D>
class xexpression;
}

namespace xtape {

/// Any xtensor container, view or lazy expression.
template <class E>
concept XExpression =
    requires(const std::remove_cvref_t<E>& e) { []<class D>(const xt::xexpression<D>&) {}(e); };

/// Braces around braces: Nested<T, 2> is what {{1, 2}, {3, 4}} converts to.
template <class T, int Depth>
struct NestedList {
  using type = std::initializer_list<typename NestedList<T, Depth - 1>::type>;
};
template <class T>
struct NestedList<T, 0> {
  using type = T;
};
template <class T, int Depth>
using Nested = typename NestedList<T, Depth>::type;

/// Shared contiguous row-major storage and its shape, without an element type.
class ArrayBase {
 public:
  ArrayBase() : shape_{0} {}
  ArrayBase(Ref<Storage> storage, const Shape& shape) : storage_(std::move(storage)), shape_(shape) {}

  const Shape& shape() const { return shape_; }
  /// The extent of one axis; negative axes count from the last. Throws ShapeError.
  index_t shape(index_t axis, Here at = Here::now()) const;
  /// The number of axes.
  std::size_t dimension() const { return shape_.size(); }
  /// The number of elements.
  index_t size() const { return element_count(shape_); }
  const Ref<Storage>& storage() const { return storage_; }

 protected:
  Ref<Storage> storage_;
  Shape shape_;
};

/// Fresh memory that an op writes before it becomes a Tensor; also what an op keeps for its gradient that is
/// not itself a Tensor.
template <class E>
class Buffer : public ArrayBase {
 public:
  using value_type = E;
  using ArrayBase::ArrayBase;
  E* data() { return static_cast<E*>(storage_->fresh_data()); }
  const E* data() const { return static_cast<const E*>(storage_->data()); }
};

/// Memory for `shape`, contents undefined. Throws ShapeError for negative or overflowing extents.
template <class E>
Buffer<E> uninitialized(const Shape& shape, Here at = Here::now());

/// The offset of a place in a row-major array: one index an axis, negative ones count from the end.
/// Throws IndexError naming index and shape.
index_t element_offset(const Shape& shape, std::initializer_list<index_t> index, Here at);

/// An immutable array that carries no gradient. Made from braces, a std::vector or any xtensor expression.
template <class E>
class ConstArray : public ArrayBase {
 public:
  using value_type = E;

  /// The empty array of shape (0,).
  ConstArray() = default;
  ConstArray(Buffer<E> values) : ArrayBase(std::move(values)) {}
  ConstArray(Nested<E, 1> values);
  ConstArray(Nested<E, 2> values);
  ConstArray(Nested<E, 3> values);
  ConstArray(const std::vector<E>& values);
  /// Takes values of the same kind: booleans for a Mask, integers for Indices.
  template <XExpression X>
  ConstArray(const X& expression);

  const E* data() const { return storage_ ? static_cast<const E*>(storage_->data()) : nullptr; }
  /// One element. Throws IndexError.
  E at(std::initializer_list<index_t> index, Here place = Here::now()) const {
    return data()[element_offset(shape_, index, place)];
  }
  /// The only element. Throws ShapeError where there is not exactly one.
  E item(Here at = Here::now()) const;
  /// The values as an xtensor adaptor that owns a share of the storage; nothing is copied.
  template <class = void>
  auto array() const;
  /// The same values under another shape of the same size; one extent may be -1.
  ConstArray reshape(const Shape& shape, Here at = Here::now()) const;

  /// Prints the values, then shape and dtype.
  friend std::ostream& operator<<(std::ostream& out, const ConstArray& x) { return x.print(out); }

 private:
  std::ostream& print(std::ostream& out) const;
};

/// Integer indices: class labels, token ids, rows to take.
using Indices = ConstArray<std::int64_t>;

/// Booleans; each op says what true does (`.keep` or `.ignore`).
using Mask = ConstArray<bool>;

extern template class ConstArray<std::int64_t>;
extern template class ConstArray<bool>;

}  // namespace xtape
