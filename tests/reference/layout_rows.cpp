// The rows of shapes, orders of axes and parts.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

Shape shape(const OpCase& c) { return integers(argument(c, {"shape", "size", "sizes"})); }

index_t integer(const OpCase& c, Names names, index_t otherwise) { return argument(c, names, otherwise); }

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

/// The part that a case asks for.
Tensor64 piece(const OpCase& c, const std::vector<Tensor64>& parts) {
  return parts.at(static_cast<std::size_t>(integer(c, {"index", "piece", "part"}, 0)));
}

/// NumPy's: a number of parts, or where to cut.
Tensor64 split_piece(const OpCase& c, const Inputs& x) {
  const auto parts = argument(c, {"parts", "sections", "indices_or_sections", "positions", "indices"});
  const index_t along = integer(c, {"axis", "dim"}, 0);
  if (parts.is_array()) return piece(c, split(x.at(0), parts.get<std::vector<index_t>>(), along));
  return piece(c, split(x.at(0), parts.get<index_t>(), along));
}

/// PyTorch's transpose has two axes, NumPy's all of them or none.
Tensor64 transposed(const OpCase& c, const Inputs& x) {
  if (c.args.contains("dim0")) return swapaxes(x.at(0), c.args.at("dim0"), c.args.at("dim1"));
  return transpose(x.at(0), axes(c));
}

Tensor64 swapped(const OpCase& c, const Inputs& x) {
  const auto both = argument(c, {"axes", "axis", "dims"});
  if (both.is_array()) return swapaxes(x.at(0), both.at(0), both.at(1));
  return swapaxes(x.at(0), argument(c, {"axis1", "axis0", "dim0", "a"}), argument(c, {"axis2", "dim1", "b"}));
}

Tensor64 rolled(const OpCase& c, const Inputs& x) {
  const auto shifts = integers(argument(c, {"shift", "shifts"}));
  if (shifts.size() == 1) return roll(x.at(0), shifts[0], axes(c));
  return roll(x.at(0), shifts, axes(c));
}

/// One width, a pair, or a pair for each axis.
std::vector<PadWidths> widths(const OpCase& c) {
  const auto all = argument(c, {"widths", "pad_width", "padding", "pad"});
  if (all.is_number()) return {{all, all}};
  if (all.at(0).is_number()) return {{all.at(0), all.at(1)}};
  std::vector<PadWidths> result;
  for (const auto& pair : all) result.push_back({pair.at(0), pair.at(1)});
  return result;
}

PadOptions pad_options(const OpCase& c) {
  const auto mode = argument(c, {"mode"}, std::string("constant"));
  return {.mode = mode == "reflect"                       ? PadMode::reflect
                  : mode == "edge" || mode == "replicate" ? PadMode::edge
                                                          : PadMode::constant,
          .value = argument(c, {"value", "constant_values"}, 0.0)};
}

Tensor64 repeated(const OpCase& c, const Inputs& x) {
  const auto counts = integers(argument(c, {"repeats", "count", "counts"}));
  const auto along = argument(c, {"axis", "dim"});
  const auto place = along.is_null() ? std::nullopt : std::optional(along.get<index_t>());
  if (counts.size() == 1) return repeat(x.at(0), counts[0], place);
  return repeat(x.at(0), Indices(std::vector<std::int64_t>(counts.begin(), counts.end())), place);
}

/// f(x, offset, first axis, second axis).
template <class F>
Op on_diagonal(F f) {
  return [f](const OpCase& c, const Inputs& x) {
    return f(x.at(0), integer(c, {"offset", "k"}, 0), integer(c, {"axis1", "dim1"}, 0),
             integer(c, {"axis2", "dim2"}, 1));
  };
}

OpRows rows() {
  OpRows ops = {
      {"reshape", [](const OpCase& c, const Inputs& x) { return reshape(x.at(0), shape(c)); }},
      {"flatten",
       [](const OpCase& c, const Inputs& x) {
         return flatten(x.at(0), integer(c, {"start", "start_dim", "start_axis"}, 0),
                        integer(c, {"end", "end_dim", "end_axis"}, -1));
       }},
      {"transpose", transposed},
      {"swapaxes", swapped},
      {"moveaxis",
       [](const OpCase& c, const Inputs& x) {
         return moveaxis(x.at(0), integers(argument(c, {"source", "from"})).at(0),
                         integers(argument(c, {"destination", "to"})).at(0));
       }},
      {"expand_dims", [](const OpCase& c, const Inputs& x) { return expand_dims(x.at(0), axis(c)); }},
      {"squeeze", [](const OpCase& c, const Inputs& x) { return squeeze(x.at(0), axes(c)); }},
      {"broadcast_to", [](const OpCase& c, const Inputs& x) { return broadcast_to(x.at(0), shape(c)); }},
      {"concatenate",
       [](const OpCase& c, const Inputs& x) {
         return concatenate(x, integer(c, {"axis", "dim"}, 0));
       }},
      {"stack",
       [](const OpCase& c, const Inputs& x) {
         return stack(x, integer(c, {"axis", "dim"}, 0));
       }},
      {"split", split_piece},
      {"chunk",
       [](const OpCase& c, const Inputs& x) {
         return piece(c, chunk(x.at(0), argument(c, {"chunks"}), integer(c, {"axis", "dim"}, 0)));
       }},
      {"slice", [](const OpCase& c, const Inputs& x) { return strided_view(x.at(0), slices(c)); }},
      {"tril",
       [](const OpCase& c, const Inputs& x) {
         return tril(x.at(0), integer(c, {"k", "diagonal"}, 0));
       }},
      {"triu",
       [](const OpCase& c, const Inputs& x) {
         return triu(x.at(0), integer(c, {"k", "diagonal"}, 0));
       }},
      {"flip", [](const OpCase& c, const Inputs& x) { return flip(x.at(0), axes(c)); }},
      {"roll", rolled},
      {"tile",
       [](const OpCase& c, const Inputs& x) {
         return tile(x.at(0), Shape(integers(argument(c, {"reps", "counts", "repeats", "dims"}))));
       }},
      {"repeat", repeated},
      {"pad", [](const OpCase& c, const Inputs& x) { return pad(x.at(0), widths(c), pad_options(c)); }},
      {"diagonal", on_diagonal([](auto&&... a) { return diagonal(a...); })},
      {"trace", on_diagonal([](auto&&... a) { return trace(a...); })},
  };
  const std::pair<const char*, const char*> aliases[] = {{"view", "reshape"},
                                                         {"permute", "transpose"},
                                                         {"movedim", "moveaxis"},
                                                         {"unsqueeze", "expand_dims"},
                                                         {"expand", "broadcast_to"},
                                                         {"cat", "concatenate"},
                                                         {"repeat_interleave", "repeat"}};
  for (const auto& [alias, name] : aliases) ops[alias] = ops.at(name);
  return ops;
}

}  // namespace

const OpRows& layout_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
