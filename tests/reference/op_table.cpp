// The ops that reference cases name, each run from the case's arguments.
#include "tests/reference/op_rows.hpp"

#include <fmt/format.h>

#include <limits>

namespace reference {

namespace {

using namespace xtape;

AttentionOptions<double> attention_options(const OpCase& c) {
  AttentionOptions<double> options{.causal = c.args.value("causal", false)};
  if (!c.masks.empty()) options.keep = c.masks[0];
  return options;
}

const OpRows& other_rows() {
  static const OpRows ops = {
      {"softmax", [](const OpCase& c, const Inputs& x) { return softmax(x.at(0), axis(c)); }},
      {"log_softmax", [](const OpCase& c, const Inputs& x) { return log_softmax(x.at(0), axis(c)); }},
      {"masked_softmax",
       [](const OpCase& c, const Inputs& x) {
         return softmax(masked_fill(x.at(0), c.masks.at(0), -std::numeric_limits<double>::infinity()), -1);
       }},

      {"layer_norm",
       [](const OpCase& c, const Inputs& x) {
         return layer_norm(x.at(0), x.at(1), x.at(2), {.eps = c.args.value("eps", 1e-5)});
       }},
      {"rms_norm",
       [](const OpCase& c, const Inputs& x) {
         return rms_norm(x.at(0), x.at(1), {.eps = c.args.value("eps", 1e-6)});
       }},
      {"scaled_dot_product_attention",
       [](const OpCase& c, const Inputs& x) {
         return scaled_dot_product_attention(x.at(0), x.at(1), x.at(2), attention_options(c));
       }},
      {"multi_head_attention",
       [](const OpCase& c, const Inputs& x) {
         const auto qkv = linear(x.at(0), x.at(1), x.at(2));  // (B, T, 3C)
         return linear(scaled_dot_product_attention(qkv, c.args.at("num_heads").get<index_t>()), x.at(3),
                       x.at(4));
       }},
  };
  return ops;
}

}  // namespace

Tensor64 run_op(const OpCase& c, const Inputs& x) {
  for (const OpRows* rows : {&elementwise_rows(), &reduction_rows(), &layout_rows(), &indexing_rows(),
                             &product_rows(), &loss_rows(), &other_rows()})
    if (const auto op = rows->find(c.op); op != rows->end()) return op->second(c, x);
  throw ValueError(fmt::format("unknown op {}", c.op));
}

}  // namespace reference
