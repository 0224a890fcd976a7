// The ops that reference cases name, each run from the case's arguments.
#include "tests/reference/op_rows.hpp"

#include <fmt/format.h>

#include <limits>

namespace reference {

namespace {

using namespace xtape;

const OpRows& softmax_rows() {
  static const OpRows ops = {
      {"softmax", [](const OpCase& c, const Inputs& x) { return softmax(x.at(0), axis(c)); }},
      {"log_softmax", [](const OpCase& c, const Inputs& x) { return log_softmax(x.at(0), axis(c)); }},
      {"masked_softmax",
       [](const OpCase& c, const Inputs& x) {
         return softmax(masked_fill(x.at(0), c.masks.at(0), -std::numeric_limits<double>::infinity()), -1);
       }},
  };
  return ops;
}

}  // namespace

Tensor64 run_op(const OpCase& c, const Inputs& x) {
  for (const OpRows* rows : {&elementwise_rows(), &reduction_rows(), &layout_rows(), &indexing_rows(),
                             &product_rows(), &loss_rows(), &softmax_rows(), &attention_rows()})
    if (const auto op = rows->find(c.op); op != rows->end()) return op->second(c, x);
  throw ValueError(fmt::format("unknown op {}", c.op));
}

}  // namespace reference
