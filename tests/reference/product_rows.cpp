// The rows of products and convolutions.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

/// The third input, if there is one.
std::optional<Tensor64> bias(const Inputs& x) { return x.size() > 2 ? std::optional(x[2]) : std::nullopt; }

/// An integer, or the only one of a list.
index_t integer(const OpCase& c, Names names, index_t otherwise) {
  const auto value = argument(c, names);
  return value.is_null() ? otherwise : integers(value).at(0);
}

OpRows rows() {
  return {
      {"matmul", binary([](auto& a, auto& b) { return matmul(a, b); })},
      {"einsum",
       [](const OpCase& c, const Inputs& x) {
         return einsum(Equation(c.args.at("equation").get<std::string>()), x);
       }},
      {"linear", [](const OpCase&, const Inputs& x) { return linear(x.at(0), x.at(1), bias(x)); }},
      {"dot", binary([](auto& a, auto& b) { return dot(a, b); })},
      {"outer", binary([](auto& a, auto& b) { return outer(a, b); })},
      {"kron", binary([](auto& a, auto& b) { return kron(a, b); })},
      {"conv1d",
       [](const OpCase& c, const Inputs& x) {
         return conv1d(x.at(0), x.at(1), bias(x),
                       {.stride = integer(c, {"stride"}, 1),
                        .padding = integer(c, {"padding"}, 0),
                        .dilation = integer(c, {"dilation"}, 1),
                        .groups = integer(c, {"groups"}, 1)});
       }},
      {"avg_pool1d",
       [](const OpCase& c, const Inputs& x) {
         return avg_pool1d(x.at(0), integers(argument(c, {"kernel_size", "kernel"})).at(0),
                           {.stride = integer(c, {"stride"}, 0), .padding = integer(c, {"padding"}, 0)});
       }},
  };
}

}  // namespace

const OpRows& product_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
