// The ops that reference cases name, each run from the case's arguments.
#include "tests/reference/op_rows.hpp"

#include <fmt/format.h>

#include <limits>

namespace reference {

namespace {

using namespace xtape;

Shape shape(const OpCase& c) { return c.args.at("shape").get<std::vector<index_t>>(); }

Slices slices(const OpCase& c) {
  Slices result;
  for (const auto& s : c.args.at("slices")) {
    const auto bound = [&](std::size_t i) {
      return s.size() > i && !s[i].is_null() ? std::optional(s[i].get<index_t>()) : std::nullopt;
    };
    result.push_back(Slice(bound(0), bound(1), bound(2)));
  }
  return result;
}

CrossEntropyOptions cross_entropy_options(const OpCase& c) {
  return {.ignore_index = c.args.value("ignore_index", std::int64_t{-100}),
          .label_smoothing = c.args.value("label_smoothing", 0.0)};
}

const OpRows& other_rows() {
  static const OpRows ops = {
      {"softmax", [](const OpCase& c, const Inputs& x) { return softmax(x.at(0), axis(c)); }},
      {"log_softmax", [](const OpCase& c, const Inputs& x) { return log_softmax(x.at(0), axis(c)); }},
      {"matmul", binary([](auto& a, auto& b) { return matmul(a, b); })},
      {"einsum",
       [](const OpCase& c, const Inputs& x) { return einsum(Equation(c.args.at("equation").get<std::string>()), x); }},

      {"transpose", [](const OpCase& c, const Inputs& x) { return transpose(x.at(0), axes(c, {"axes"})); }},
      {"reshape", [](const OpCase& c, const Inputs& x) { return reshape(x.at(0), shape(c)); }},
      {"expand", [](const OpCase& c, const Inputs& x) { return broadcast_to(x.at(0), shape(c)); }},
      {"concatenate", [](const OpCase& c, const Inputs& x) { return concatenate(x, axis(c)); }},
      {"stack", [](const OpCase& c, const Inputs& x) { return stack(x, axis(c)); }},
      {"slice", [](const OpCase& c, const Inputs& x) { return strided_view(x.at(0), slices(c)); }},
      {"tril", [](const OpCase& c, const Inputs& x) { return tril(x.at(0), c.args.value("k", 0)); }},
      {"triu", [](const OpCase& c, const Inputs& x) { return triu(x.at(0), c.args.value("k", 0)); }},

      {"masked_fill",
       [](const OpCase& c, const Inputs& x) {
         return masked_fill(x.at(0), c.masks.at(0), c.args.at("value").get<double>());
       }},
      {"where", [](const OpCase& c, const Inputs& x) { return where(c.masks.at(0), x.at(0), x.at(1)); }},
      {"masked_softmax",
       [](const OpCase& c, const Inputs& x) {
         return softmax(masked_fill(x.at(0), c.masks.at(0), -std::numeric_limits<double>::infinity()), -1);
       }},

      {"cross_entropy",
       [](const OpCase& c, const Inputs& x) {
         return cross_entropy(x.at(0), c.indices.at(0), cross_entropy_options(c));
       }},
      {"mse_loss", binary([](auto& x, auto& y) { return mse_loss(x, y); })},
      {"binary_cross_entropy_with_logits",
       binary([](auto& x, auto& y) { return binary_cross_entropy_with_logits(x, y); })},
      {"embedding", [](const OpCase& c, const Inputs& x) { return embedding(c.indices.at(0), x.at(0)); }},
      {"gather", [](const OpCase& c, const Inputs& x) { return take_along_axis(x.at(0), c.indices.at(0), axis(c)); }},
      {"index_select", [](const OpCase& c, const Inputs& x) { return take(x.at(0), c.indices.at(0), axis(c)); }},
  };
  return ops;
}

}  // namespace

Tensor64 run_op(const OpCase& c, const Inputs& x) {
  for (const OpRows* rows : {&elementwise_rows(), &reduction_rows(), &attention_rows(), &other_rows()})
    if (const auto op = rows->find(c.op); op != rows->end()) return op->second(c, x);
  throw ValueError(fmt::format("unknown op {}", c.op));
}

}  // namespace reference
