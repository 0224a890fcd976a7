// The rows of reductions, running results and sorting.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

/// f(x[0], axes, options with keep_dims).
template <class F>
Op reduction(F f) {
  return [f](const OpCase& c, const Inputs& x) { return f(x.at(0), axes(c), ReduceOptions{keep_dims(c)}); };
}

/// PyTorch's max: over axes of one input, or of two inputs.
template <class Reduce, class Binary>
Op reduction_or_binary(Reduce reduce, Binary binary) {
  return [=](const OpCase& c, const Inputs& x) {
    return x.size() > 1 ? binary(x[0], x[1]) : reduce(x.at(0), axes(c), ReduceOptions{keep_dims(c)});
  };
}

VarOptions var_options(const OpCase& c) {
  const double unbiased = argument(c, {"unbiased"}, false) ? 1 : 0;
  return {.keep_dims = keep_dims(c), .ddof = argument(c, {"ddof", "correction"}, unbiased)};
}

/// f(x[0], axis where one is given, options with keep_dims).
template <class F>
Op index_of(F f) {
  return [f](const OpCase& c, const Inputs& x) {
    const auto axis = argument(c, {"axis", "dim"});
    const auto only = axis.is_null() ? std::nullopt : std::optional(axis.get<index_t>());
    return Tensor64(f(x.at(0), only, ReduceOptions{keep_dims(c)}).array());
  };
}

index_t last_axis_or(const OpCase& c) { return argument(c, {"axis", "dim"}, index_t{-1}); }

SortOptions sort_options(const OpCase& c) { return {.descending = argument(c, {"descending"}, false)}; }

OpRows rows() {
  const auto largest = [](auto&&... a) { return amax(a...); };
  const auto smallest = [](auto&&... a) { return amin(a...); };
  OpRows ops = {
      {"sum", reduction([](auto&&... a) { return sum(a...); })},
      {"mean", reduction([](auto&&... a) { return mean(a...); })},
      {"prod", reduction([](auto&&... a) { return prod(a...); })},
      {"amax", reduction(largest)},
      {"amin", reduction(smallest)},
      {"max", reduction_or_binary(largest, [](auto& a, auto& b) { return maximum(a, b); })},
      {"min", reduction_or_binary(smallest, [](auto& a, auto& b) { return minimum(a, b); })},
      {"logsumexp", reduction([](auto&&... a) { return logsumexp(a...); })},
      {"var", [](const OpCase& c, const Inputs& x) { return var(x.at(0), axes(c), var_options(c)); }},
      {"std", [](const OpCase& c, const Inputs& x) { return stddev(x.at(0), axes(c), var_options(c)); }},
      {"norm",
       [](const OpCase& c, const Inputs& x) {
         return norm(x.at(0), axes(c), {.ord = argument(c, {"ord", "p"}, 2.0), .keep_dims = keep_dims(c)});
       }},
      {"argmax", index_of([](auto&&... a) { return argmax(a...); })},
      {"argmin", index_of([](auto&&... a) { return argmin(a...); })},
      {"any", [](const OpCase& c,
                 const Inputs&) { return ones_where(any(c.masks.at(0), axes(c), {keep_dims(c)})); }},
      {"all", [](const OpCase& c,
                 const Inputs&) { return ones_where(all(c.masks.at(0), axes(c), {keep_dims(c)})); }},

      {"cumsum", [](const OpCase& c, const Inputs& x) { return cumsum(x.at(0), axis(c)); }},
      {"cumprod", [](const OpCase& c, const Inputs& x) { return cumprod(x.at(0), axis(c)); }},
      {"sort",
       [](const OpCase& c, const Inputs& x) { return sort(x.at(0), last_axis_or(c), sort_options(c)); }},
      {"argsort",
       [](const OpCase& c, const Inputs& x) {
         return Tensor64(argsort(x.at(0), last_axis_or(c), sort_options(c)).array());
       }},
      {"topk",
       [](const OpCase& c, const Inputs& x) {
         const auto k = argument(c, {"k"}).get<index_t>();
         return topk(x.at(0), k, last_axis_or(c), {.largest = argument(c, {"largest"}, true)}).values;
       }},
  };
  ops["vector_norm"] = ops.at("norm");
  ops["stddev"] = ops.at("std");
  return ops;
}

}  // namespace

const OpRows& reduction_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
