// What the rows of the op table share: their type, and the arguments of a case under any of their names.
#pragma once

#include "tests/reference/op_case.hpp"

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace reference {

using xtape::Axes;
using xtape::index_t;

using Inputs = std::vector<Tensor64>;
using Op = std::function<Tensor64(const OpCase&, const Inputs&)>;
using OpRows = std::map<std::string, Op, std::less<>>;

const OpRows& attention_rows();
const OpRows& elementwise_rows();
const OpRows& reduction_rows();
const OpRows& layout_rows();
const OpRows& indexing_rows();
const OpRows& product_rows();
const OpRows& loss_rows();

using Names = std::initializer_list<const char*>;

/// The argument that is given under one of these names, or null.
inline nlohmann::json argument(const OpCase& c, Names names) {
  for (const char* name : names)
    if (c.args.contains(name)) return c.args.at(name);
  return nullptr;
}

/// The argument, or this value where it is not given. Infinities are written as strings, "inf" and "-inf".
template <class V>
V argument(const OpCase& c, Names names, V otherwise) {
  const auto value = argument(c, names);
  if constexpr (std::is_floating_point_v<V>)
    if (value.is_string()) return std::stod(value.get<std::string>());
  return value.is_null() ? otherwise : value.get<V>();
}

inline index_t axis(const OpCase& c) { return argument(c, {"axis", "dim"}).get<index_t>(); }

/// One integer or several.
inline std::vector<index_t> integers(const nlohmann::json& value) {
  if (value.is_array()) return value.get<std::vector<index_t>>();
  return {value.get<index_t>()};
}

/// One axis, several, or all where none is given.
inline Axes axes(const OpCase& c, Names names = {"axis", "axes", "dim", "dims"}) {
  const auto axis = argument(c, names);
  return axis.is_null() ? Axes() : Axes(integers(axis));
}

inline bool keep_dims(const OpCase& c) { return argument(c, {"keepdims", "keep_dims", "keepdim"}, false); }

/// f(x[0]).
template <class F>
Op unary(F f) {
  return [f](const OpCase&, const Inputs& x) { return f(x.at(0)); };
}

/// f(x[0], x[1]).
template <class F>
Op binary(F f) {
  return [f](const OpCase&, const Inputs& x) { return f(x.at(0), x.at(1)); };
}

/// The values of a mask, 1 where it is true.
inline Tensor64 ones_where(const Mask& mask) { return xtape::where(mask, 1, Tensor64(0)); }

}  // namespace reference
