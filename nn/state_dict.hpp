// State dicts: named arrays of any element type, what a module's state is saved to and loaded from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <xtape/core/tensor.hpp>

namespace xtape::nn {

/// An array of any of the library's element types.
using AnyArray = std::variant<Tensor, Tensor64, Indices, Mask>;

/// Where such an array is kept.
using ArrayPlace = std::variant<Tensor*, Tensor64*, Indices*, Mask*>;

/// The array that is kept there now.
AnyArray array_at(const ArrayPlace& place);

/// Shape, and element type as in "float32", "float64", "int64", "bool".
const Shape& shape_of(const AnyArray& x);
const char* dtype_name(const AnyArray& x);

/// Floating-point values as T: shared where they are of that type, else converted. Throws ValueError for
/// integers and booleans; `name` is what the message calls them.
template <Real T>
BasicTensor<T> as_tensor(const AnyArray& x, std::string_view name, Here at = Here::now());

/// Named arrays in the order in which they were added; names are unique.
class StateDict {
 public:
  using Entry = std::pair<std::string, AnyArray>;

  /// Adds an array; tensors lose their history. Throws ValueError where the name is taken.
  void add(std::string name, AnyArray value, Here at = Here::now());
  /// The array of this name, or null.
  const AnyArray* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// The array of this name, which holds an A: state.get<Tensor>("ln_f.weight"). Throws ValueError where the
  /// name is missing or the type is another.
  template <class A>
  const A& get(std::string_view name, Here at = Here::now()) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> positions_;  // in entries_, by name
};

}  // namespace xtape::nn
