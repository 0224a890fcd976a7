// The ops that reference cases name, each run from the case's arguments.
#include "tests/reference/op_case.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

namespace reference {

namespace {

using namespace xtape;
using Inputs = std::vector<Tensor64>;
using Op = std::function<Tensor64(const OpCase&, const Inputs&)>;

Axes axes(const OpCase& c, const char* name = "axis") {
  const auto& axis = c.args.at(name);
  if (axis.is_null()) return {};
  if (axis.is_array()) return axis.get<std::vector<index_t>>();
  return axis.get<index_t>();
}

index_t axis(const OpCase& c) { return c.args.at("axis").get<index_t>(); }

Shape shape(const OpCase& c) { return c.args.at("shape").get<std::vector<index_t>>(); }

bool keep_dims(const OpCase& c) { return c.args.value("keepdims", false); }

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

/// f(x[0], axes, options with keep_dims).
template <class F>
Op reduction(F f) {
  return [f](const OpCase& c, const Inputs& x) { return f(x.at(0), axes(c), ReduceOptions{keep_dims(c)}); };
}

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

AttentionOptions<double> attention_options(const OpCase& c) {
  AttentionOptions<double> options{.causal = c.args.value("causal", false)};
  if (!c.masks.empty()) options.keep = c.masks[0];
  return options;
}

const std::map<std::string, Op, std::less<>>& table() {
  static const std::map<std::string, Op, std::less<>> ops = {
      {"neg", unary([](auto& x) { return -x; })},
      {"exp", unary([](auto& x) { return exp(x); })},
      {"expm1", unary([](auto& x) { return expm1(x); })},
      {"log", unary([](auto& x) { return log(x); })},
      {"log1p", unary([](auto& x) { return log1p(x); })},
      {"sqrt", unary([](auto& x) { return sqrt(x); })},
      {"rsqrt", unary([](auto& x) { return rsqrt(x); })},
      {"square", unary([](auto& x) { return square(x); })},
      {"reciprocal", unary([](auto& x) { return reciprocal(x); })},
      {"sin", unary([](auto& x) { return sin(x); })},
      {"cos", unary([](auto& x) { return cos(x); })},
      {"tanh", unary([](auto& x) { return tanh(x); })},
      {"sigmoid", unary([](auto& x) { return sigmoid(x); })},
      {"relu", unary([](auto& x) { return relu(x); })},
      {"silu", unary([](auto& x) { return silu(x); })},
      {"softplus", unary([](auto& x) { return softplus(x); })},
      {"erf", unary([](auto& x) { return erf(x); })},
      {"abs", unary([](auto& x) { return abs(x); })},
      {"gelu",
       [](const OpCase& c, const Inputs& x) {
         const bool approximate = c.args.value("approximate", "none") == "tanh";
         return gelu(x.at(0), {.approximate = approximate ? Gelu::tanh : Gelu::erf});
       }},
      {"pow", [](const OpCase& c, const Inputs& x) { return pow(x.at(0), c.args.at("exponent").get<double>()); }},
      {"clamp",
       [](const OpCase& c, const Inputs& x) {
         return clip(x.at(0), c.args.at("min").get<double>(), c.args.at("max").get<double>());
       }},

      {"add", binary([](auto& a, auto& b) { return a + b; })},
      {"sub", binary([](auto& a, auto& b) { return a - b; })},
      {"mul", binary([](auto& a, auto& b) { return a * b; })},
      {"div", binary([](auto& a, auto& b) { return a / b; })},
      {"maximum", binary([](auto& a, auto& b) { return maximum(a, b); })},
      {"minimum", binary([](auto& a, auto& b) { return minimum(a, b); })},
      {"pow_tensor", binary([](auto& a, auto& b) { return pow(a, b); })},

      {"sum", reduction([](auto&&... a) { return sum(a...); })},
      {"mean", reduction([](auto&&... a) { return mean(a...); })},
      {"amax", reduction([](auto&&... a) { return amax(a...); })},
      {"amin", reduction([](auto&&... a) { return amin(a...); })},
      {"logsumexp", reduction([](auto&&... a) { return logsumexp(a...); })},
      {"var",
       [](const OpCase& c, const Inputs& x) {
         return var(x.at(0), axes(c), {.keep_dims = keep_dims(c), .ddof = c.args.value("ddof", 0.0)});
       }},
      {"softmax", [](const OpCase& c, const Inputs& x) { return softmax(x.at(0), axis(c)); }},
      {"log_softmax", [](const OpCase& c, const Inputs& x) { return log_softmax(x.at(0), axis(c)); }},
      {"cumsum", [](const OpCase& c, const Inputs& x) { return cumsum(x.at(0), axis(c)); }},

      {"matmul", binary([](auto& a, auto& b) { return matmul(a, b); })},
      {"einsum",
       [](const OpCase& c, const Inputs& x) { return einsum(Equation(c.args.at("equation").get<std::string>()), x); }},

      {"transpose", [](const OpCase& c, const Inputs& x) { return transpose(x.at(0), axes(c, "axes")); }},
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

      {"layer_norm",
       [](const OpCase& c, const Inputs& x) {
         return layer_norm(x.at(0), x.at(1), x.at(2), {.eps = c.args.value("eps", 1e-5)});
       }},
      {"rms_norm",
       [](const OpCase& c, const Inputs& x) {
         return rms_norm(x.at(0), x.at(1), {.eps = c.args.value("eps", 1e-6)});
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
      {"scaled_dot_product_attention",
       [](const OpCase& c, const Inputs& x) {
         return scaled_dot_product_attention(x.at(0), x.at(1), x.at(2), attention_options(c));
       }},
      {"multi_head_attention",
       [](const OpCase& c, const Inputs& x) {
         const auto qkv = linear(x.at(0), x.at(1), x.at(2));  // (B, T, 3C)
         return linear(scaled_dot_product_attention(qkv, c.args.at("num_heads").get<index_t>()), x.at(3), x.at(4));
       }},
  };
  return ops;
}

}  // namespace

Tensor64 run_op(const OpCase& c, const Inputs& x) {
  const auto op = table().find(c.op);
  if (op == table().end()) throw ValueError(fmt::format("unknown op {}", c.op));
  return op->second(c, x);
}

}  // namespace reference
