// Printing: values as nested braces, long axes shortened, then what the tensor is.
#include <xtape/core/tensor.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

namespace xtape {

namespace {

constexpr index_t shown_in_full = 1000;  // elements; larger arrays show their edges
constexpr index_t edge = 3;              // items at either end of a shortened axis

// The indices of an axis that are printed, -1 standing for the gap.
std::vector<index_t> printed(index_t extent, bool shorten) {
  std::vector<index_t> result;
  for (index_t i = 0; i < extent; ++i) {
    if (shorten && extent > 2 * edge && i == edge) {
      result.push_back(-1);
      i = extent - edge;
    }
    result.push_back(i);
  }
  return result;
}

template <class E>
std::string element(E value) {
  if constexpr (std::is_same_v<E, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_integral_v<E>)
    return fmt::format("{}", value);
  else
    return fmt::format("{:.5g}", value);
}

template <class E>
class Printer {
 public:
  Printer(const E* data, const Shape& shape)
      : data_(data), shape_(shape), shorten_(element_count(shape) > shown_in_full) {
    visit(0, 0, [this](index_t i) { width_ = std::max(width_, element(data_[i]).size()); });
  }

  std::string text() {
    if (shape_.empty()) return element(*data_);
    print(0, 0);
    return std::move(text_);
  }

 private:
  template <class F>
  void visit(std::size_t axis, index_t offset, F f) {
    if (axis == shape_.size()) return f(offset);
    for (const index_t i : printed(shape_[axis], shorten_))
      if (i >= 0) visit(axis + 1, offset * shape_[axis] + i, f);
  }

  void print(std::size_t axis, index_t offset) {
    const bool last = axis + 1 == shape_.size();
    text_ += '{';
    bool first = true;
    for (const index_t i : printed(shape_[axis], shorten_)) {
      if (!first) text_ += last ? ", " : ",\n" + std::string(axis + 1, ' ');
      first = false;
      if (i < 0)
        text_ += "...";
      else if (last)
        text_ += fmt::format("{:>{}}", element(data_[offset * shape_[axis] + i]), width_);
      else
        print(axis + 1, offset * shape_[axis] + i);
    }
    text_ += '}';
  }

  const E* data_;
  const Shape& shape_;
  bool shorten_;
  std::size_t width_ = 0;
  std::string text_;
};

}  // namespace

template <Real T>
std::ostream& operator<<(std::ostream& out, const BasicTensor<T>& x) {
  out << Printer<T>(x.data(), x.shape()).text() << "\nshape=" << to_string(x.shape())
      << " dtype=" << to_string(x.dtype());
  if (x.requires_grad()) out << " requires_grad";
  if (x.op_name()) out << " op=" << x.op_name();
  return out;
}

template std::ostream& operator<<(std::ostream&, const Tensor&);
template std::ostream& operator<<(std::ostream&, const Tensor64&);

template <class E>
std::ostream& ConstArray<E>::print(std::ostream& out) const {
  return out << Printer<E>(data(), shape_).text() << "\nshape=" << to_string(shape_)
             << " dtype=" << (std::is_same_v<E, bool> ? "bool" : "int64");
}

template std::ostream& ConstArray<std::int64_t>::print(std::ostream&) const;
template std::ostream& ConstArray<bool>::print(std::ostream&) const;

}  // namespace xtape
