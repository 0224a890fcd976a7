// The rows of elementwise ops.
#include "tests/reference/op_rows.hpp"

#include <limits>

namespace reference {

namespace {

using namespace xtape;

constexpr double inf = std::numeric_limits<double>::infinity();

Tensor64 clamped(const OpCase& c, const Inputs& x) {
  return clip(x.at(0), argument(c, {"min", "a_min"}, -inf), argument(c, {"max", "a_max"}, inf));
}

Tensor64 hard_tanh_of(const OpCase& c, const Inputs& x) {
  return hard_tanh(
      x.at(0), {.min = argument(c, {"min", "min_val"}, -1.0), .max = argument(c, {"max", "max_val"}, 1.0)});
}

Tensor64 gelu_of(const OpCase& c, const Inputs& x) {
  const bool approximate = argument<std::string>(c, {"approximate"}, "none") == "tanh";
  return gelu(x.at(0), {.approximate = approximate ? Gelu::tanh : Gelu::erf});
}

Tensor64 power(const OpCase& c, const Inputs& x) {
  return x.size() > 1 ? pow(x[0], x[1]) : pow(x.at(0), argument(c, {"exponent"}, 1.0));
}

Tensor64 lerp_of(const OpCase& c, const Inputs& x) {
  return x.size() > 2 ? lerp(x[0], x[1], x[2]) : lerp(x.at(0), x.at(1), argument(c, {"weight"}, 0.0));
}

OpRows rows() {
  OpRows ops = {
      {"neg", unary([](auto& x) { return -x; })},
      {"abs", unary([](auto& x) { return abs(x); })},
      {"sign", unary([](auto& x) { return sign(x); })},
      {"floor", unary([](auto& x) { return floor(x); })},
      {"ceil", unary([](auto& x) { return ceil(x); })},
      {"round", unary([](auto& x) { return round(x); })},
      {"exp", unary([](auto& x) { return exp(x); })},
      {"expm1", unary([](auto& x) { return expm1(x); })},
      {"log", unary([](auto& x) { return log(x); })},
      {"log1p", unary([](auto& x) { return log1p(x); })},
      {"log2", unary([](auto& x) { return log2(x); })},
      {"sqrt", unary([](auto& x) { return sqrt(x); })},
      {"rsqrt", unary([](auto& x) { return rsqrt(x); })},
      {"square", unary([](auto& x) { return square(x); })},
      {"reciprocal", unary([](auto& x) { return reciprocal(x); })},
      {"pow", power},
      {"sin", unary([](auto& x) { return sin(x); })},
      {"cos", unary([](auto& x) { return cos(x); })},
      {"tan", unary([](auto& x) { return tan(x); })},
      {"atan", unary([](auto& x) { return atan(x); })},
      {"atan2", binary([](auto& y, auto& x) { return atan2(y, x); })},
      {"sinh", unary([](auto& x) { return sinh(x); })},
      {"cosh", unary([](auto& x) { return cosh(x); })},
      {"tanh", unary([](auto& x) { return tanh(x); })},

      {"relu", unary([](auto& x) { return relu(x); })},
      {"leaky_relu",
       [](const OpCase& c, const Inputs& x) {
         return leaky_relu(x.at(0), {.negative_slope = argument(c, {"negative_slope"}, 0.01)});
       }},
      {"elu",
       [](const OpCase& c, const Inputs& x) { return elu(x.at(0), {.alpha = argument(c, {"alpha"}, 1.0)}); }},
      {"sigmoid", unary([](auto& x) { return sigmoid(x); })},
      {"log_sigmoid", unary([](auto& x) { return log_sigmoid(x); })},
      {"softplus", unary([](auto& x) { return softplus(x); })},
      {"silu", unary([](auto& x) { return silu(x); })},
      {"mish", unary([](auto& x) { return mish(x); })},
      {"hard_tanh", hard_tanh_of},
      {"hard_sigmoid", unary([](auto& x) { return hard_sigmoid(x); })},
      {"erf", unary([](auto& x) { return erf(x); })},
      {"gelu", gelu_of},
      {"clip", clamped},

      {"add", binary([](auto& a, auto& b) { return a + b; })},
      {"sub", binary([](auto& a, auto& b) { return a - b; })},
      {"mul", binary([](auto& a, auto& b) { return a * b; })},
      {"div", binary([](auto& a, auto& b) { return a / b; })},
      {"maximum", binary([](auto& a, auto& b) { return maximum(a, b); })},
      {"minimum", binary([](auto& a, auto& b) { return minimum(a, b); })},
      {"lerp", lerp_of},

      {"less", binary([](auto& a, auto& b) { return ones_where(a < b); })},
      {"less_equal", binary([](auto& a, auto& b) { return ones_where(a <= b); })},
      {"greater", binary([](auto& a, auto& b) { return ones_where(a > b); })},
      {"greater_equal", binary([](auto& a, auto& b) { return ones_where(a >= b); })},
      {"equal", binary([](auto& a, auto& b) { return ones_where(equal(a, b)); })},
      {"not_equal", binary([](auto& a, auto& b) { return ones_where(not_equal(a, b)); })},
      {"isnan", unary([](auto& x) { return ones_where(isnan(x)); })},
      {"isinf", unary([](auto& x) { return ones_where(isinf(x)); })},
      {"isfinite", unary([](auto& x) { return ones_where(isfinite(x)); })},
      {"logical_and",
       [](const OpCase& c, const Inputs&) { return ones_where(c.masks.at(0) & c.masks.at(1)); }},
      {"logical_or",
       [](const OpCase& c, const Inputs&) { return ones_where(c.masks.at(0) | c.masks.at(1)); }},
      {"logical_not", [](const OpCase& c, const Inputs&) { return ones_where(!c.masks.at(0)); }},
  };
  const std::pair<const char*, const char*> aliases[] = {
      {"negative", "neg"},
      {"absolute", "abs"},
      {"arctan", "atan"},
      {"arctan2", "atan2"},
      {"logsigmoid", "log_sigmoid"},
      {"hardtanh", "hard_tanh"},
      {"hardsigmoid", "hard_sigmoid"},
      {"clamp", "clip"},
      {"pow_tensor", "pow"},
      {"power", "pow"},
      {"subtract", "sub"},
      {"multiply", "mul"},
      {"divide", "div"},
      {"lt", "less"},
      {"le", "less_equal"},
      {"gt", "greater"},
      {"ge", "greater_equal"},
      {"eq", "equal"},
      {"ne", "not_equal"},
  };
  for (const auto& [alias, name] : aliases) ops[alias] = ops.at(name);
  return ops;
}

}  // namespace

const OpRows& elementwise_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
