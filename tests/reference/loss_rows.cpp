// The rows of losses.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

Reduction reduction(const OpCase& c) {
  const auto name = argument(c, {"reduction"}, std::string("mean"));
  return name == "sum" ? Reduction::sum : name == "none" ? Reduction::none : Reduction::mean;
}

std::int64_t ignore_index(const OpCase& c) { return argument(c, {"ignore_index"}, std::int64_t{-100}); }

/// The input at a position, if there is one.
std::optional<Tensor64> optional_input(const Inputs& x, std::size_t position) {
  return x.size() > position ? std::optional(x[position]) : std::nullopt;
}

/// Weights of classes: an argument, or the second input.
std::optional<Tensor64> class_weights(const OpCase& c, const Inputs& x) {
  const auto weight = argument(c, {"weight"});
  if (!weight.is_array()) return optional_input(x, 1);
  auto values = uninitialized<double>({static_cast<index_t>(weight.size())});
  for (std::size_t i = 0; i < weight.size(); ++i) values.data()[i] = weight[i];
  return values;
}

Tensor64 divergence(const OpCase& c, const Inputs& x) {
  const bool by_rows = argument(c, {"reduction"}, std::string()) == "batchmean";
  const auto y = kl_div(x.at(0), x.at(1),
                        {.log_target = argument(c, {"log_target"}, false),
                         .reduction = by_rows ? Reduction::sum : reduction(c)});
  return by_rows ? y / static_cast<double>(x.at(0).shape(0)) : y;
}

OpRows rows() {
  OpRows ops = {
      {"cross_entropy",
       [](const OpCase& c, const Inputs& x) {
         return cross_entropy(x.at(0), c.indices.at(0),
                              {.ignore_index = ignore_index(c),
                               .label_smoothing = argument(c, {"label_smoothing"}, 0.0),
                               .reduction = reduction(c)});
       }},
      {"nll_loss",
       [](const OpCase& c, const Inputs& x) {
         return nll_loss(
             x.at(0), c.indices.at(0),
             {.ignore_index = ignore_index(c), .weight = class_weights(c, x), .reduction = reduction(c)});
       }},
      {"mse_loss", [](const OpCase& c,
                      const Inputs& x) { return mse_loss(x.at(0), x.at(1), {.reduction = reduction(c)}); }},
      {"l1_loss", [](const OpCase& c,
                     const Inputs& x) { return l1_loss(x.at(0), x.at(1), {.reduction = reduction(c)}); }},
      {"huber_loss",
       [](const OpCase& c, const Inputs& x) {
         return huber_loss(x.at(0), x.at(1),
                           {.delta = argument(c, {"delta"}, 1.0), .reduction = reduction(c)});
       }},
      {"kl_div", divergence},
      {"binary_cross_entropy_with_logits",
       [](const OpCase& c, const Inputs& x) {
         return binary_cross_entropy_with_logits(
             x.at(0), x.at(1), {.pos_weight = optional_input(x, 2), .reduction = reduction(c)});
       }},
  };
  const std::pair<const char*, const char*> aliases[] = {
      {"bce_with_logits", "binary_cross_entropy_with_logits"}};
  for (const auto& [alias, name] : aliases) ops[alias] = ops.at(name);
  return ops;
}

}  // namespace

const OpRows& loss_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
