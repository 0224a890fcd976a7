// The rows of elements by index and by mask.
#include "tests/reference/op_rows.hpp"

namespace reference {

namespace {

using namespace xtape;

OpRows rows() {
  OpRows ops = {
      {"take", [](const OpCase& c, const Inputs& x) { return take(x.at(0), c.indices.at(0), axis(c)); }},
      {"take_along_axis",
       [](const OpCase& c, const Inputs& x) { return take_along_axis(x.at(0), c.indices.at(0), axis(c)); }},
      {"scatter_add",
       [](const OpCase& c, const Inputs& x) {
         return scatter_add(x.at(0), c.indices.at(0), x.at(1), axis(c));
       }},
      {"one_hot",
       [](const OpCase& c, const Inputs&) {
         return one_hot<double>(c.indices.at(0), argument(c, {"classes", "num_classes"}));
       }},
      {"embedding", [](const OpCase& c, const Inputs& x) { return embedding(c.indices.at(0), x.at(0)); }},
      {"masked_select",
       [](const OpCase& c, const Inputs& x) { return masked_select(x.at(0), c.masks.at(0)); }},
      {"masked_fill",
       [](const OpCase& c, const Inputs& x) {
         return masked_fill(x.at(0), c.masks.at(0), argument(c, {"value", "fill_value"}, 0.0));
       }},
      {"where", [](const OpCase& c, const Inputs& x) { return where(c.masks.at(0), x.at(0), x.at(1)); }},
  };
  const std::pair<const char*, const char*> aliases[] = {{"index_select", "take"},
                                                         {"gather", "take_along_axis"}};
  for (const auto& [alias, name] : aliases) ops[alias] = ops.at(name);
  return ops;
}

}  // namespace

const OpRows& indexing_rows() {
  static const OpRows ops = rows();
  return ops;
}

}  // namespace reference
